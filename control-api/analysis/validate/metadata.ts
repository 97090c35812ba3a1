/** What Istio's webhook asks of an object beside its spec. */
import type { Resource } from '../../resources/resource.ts';
import { isDns1123Label } from './domain.ts';
import type { Issues } from './issues.ts';

const DRY_RUN = 'istio.io/dry-run';
/** What Go's strconv takes for a boolean. */
const BOOLEAN = /^([01tTfF]|true|TRUE|True|false|FALSE|False)$/;

/** Whether the spec is worth judging: Istio says no more of an object whose annotations are wrong. */
export function validateMetadata(resource: Resource, issues: Issues): boolean {
  const { kind, metadata } = resource;
  const problem = dryRunProblem(resource);
  if (problem) issues.at('annotations', DRY_RUN).error(problem);
  else if (kind === 'Gateway' && !isDns1123Label(metadata.name)) {
    issues.at('name').error(`invalid gateway name: ${JSON.stringify(metadata.name)}`);
  }
  return problem === undefined;
}

function dryRunProblem({ kind, metadata, spec }: Resource): string | undefined {
  const value = metadata.annotations[DRY_RUN];
  const object = `${metadata.namespace}/${metadata.name}`;
  if (value === undefined) return undefined;
  if (kind !== 'AuthorizationPolicy')
    return `${object} has unsupported annotation ${DRY_RUN}, please remove the annotation`;
  const { action = 'ALLOW' } = spec as { action?: string };
  if (!['ALLOW', 'DENY'].includes(action))
    return `the annotation ${DRY_RUN} currently only supports action ALLOW/DENY, found action ${action} in ${object}`;
  if (BOOLEAN.test(value)) return undefined;
  return `${object} has annotation ${DRY_RUN} with invalid value (${value}): strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
}
