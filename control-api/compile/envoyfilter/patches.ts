/** Which patches of which EnvoyFilters concern this gateway, in the order in which Istio applies them. */
import { RE2JS } from 're2js';
import { about } from '../../analysis/about.ts';
import { finding } from '../../analysis/report.ts';
import { describe, type FieldPath, type Resource } from '../../resources/resource.ts';
import { compare } from '../names.ts';
import type { CompileInput, Draft } from '../processor.ts';
import { hasLabels, NETWORKING, ofKind } from '../select.ts';
import type { Json } from './message.ts';

export interface EnvoyFilterSpec {
  workloadSelector?: { labels?: Record<string, string> };
  targetRefs?: { group?: string; kind: string; name: string }[];
  priority?: number;
  configPatches?: PatchSpec[];
}
export interface PatchSpec {
  applyTo?: string;
  match?: MatchSpec;
  patch?: { operation?: string; value?: Json };
}
export interface MatchSpec {
  context?: string;
  proxy?: { proxyVersion?: string; metadata?: Record<string, string> };
  listener?: {
    name?: string;
    portNumber?: number;
    portName?: string;
    filterChain?: {
      name?: string;
      sni?: string;
      transportProtocol?: string;
      applicationProtocols?: string;
      destinationPort?: number;
      filter?: { name?: string; subFilter?: { name?: string } };
    };
  };
  routeConfiguration?: {
    name?: string;
    portNumber?: number;
    portName?: string;
    gateway?: string;
    vhost?: { name?: string; domainName?: string; route?: { name?: string; action?: string } };
  };
  cluster?: { name?: string; service?: string; subset?: string; portNumber?: number };
}

/** One patch, with what is needed to speak of it. */
export interface Patch {
  resource: Resource<EnvoyFilterSpec>;
  path: FieldPath;
  applyTo: string;
  operation: string;
  match: MatchSpec;
  value: Json;
}

/** The Istio whose behaviour this gateway has; `proxyVersion` expressions are held against it. */
export const PROXY_VERSION = '1.32.0';

/** Priority, then the root namespace before others, then age, then name. */
export function patchesOf(input: CompileInput, draft: Draft): Patch[] {
  const root = input.identity.rootNamespace;
  const filters = ofKind<EnvoyFilterSpec>(input, NETWORKING, 'EnvoyFilter').filter((filter) =>
    concerns(filter, input, draft),
  );
  const rank = ({ metadata }: Resource<EnvoyFilterSpec>) => (metadata.namespace === root ? 0 : 1);
  filters.sort(
    (a, b) =>
      (a.spec.priority ?? 0) - (b.spec.priority ?? 0) ||
      rank(a) - rank(b) ||
      compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
      compare(a.metadata.name, b.metadata.name) ||
      compare(a.metadata.namespace, b.metadata.namespace),
  );
  return filters.flatMap((filter) => patchesOfOne(filter, draft));
}

/** Says something about a patch. */
export function report(
  draft: Draft,
  patch: Patch,
  name: Parameters<typeof finding>[0],
  args: Record<string, string | number>,
) {
  draft.findings.push(finding(name, args, about(patch.resource, patch.path)));
}

function concerns(filter: Resource<EnvoyFilterSpec>, { identity }: CompileInput, draft: Draft): boolean {
  const { namespace } = filter.metadata;
  const ours = namespace === identity.namespace || namespace === identity.rootNamespace;
  const selected = hasLabels(identity.labels, filter.spec.workloadSelector?.labels) && !filter.spec.targetRefs?.length;
  const resource = describe(filter);
  if (ours && selected) draft.placements.push({ resource, where: 'edge', reason: 'selects this gateway' });
  else {
    const reason = ours
      ? 'selects other workloads'
      : "stands neither in this gateway's namespace nor in the root namespace";
    draft.placements.push({ resource, where: 'cluster', reason });
  }
  return ours && selected;
}

function patchesOfOne(resource: Resource<EnvoyFilterSpec>, draft: Draft): Patch[] {
  return (resource.spec.configPatches ?? []).flatMap((spec, index): Patch[] => {
    const patch: Patch = {
      resource,
      path: ['spec', 'configPatches', index],
      applyTo: spec.applyTo ?? '',
      operation: spec.patch?.operation ?? '',
      match: spec.match ?? {},
      value: spec.patch?.value ?? {},
    };
    return isForGateway(patch, draft) && isForVersion(patch, draft) ? [patch] : [];
  });
}

function isForGateway(patch: Patch, draft: Draft): boolean {
  const { context = 'ANY' } = patch.match;
  if (context === 'ANY' || context === 'GATEWAY') return true;
  const field = `spec.configPatches[${patch.path[2]}]`;
  draft.placements.push({ resource: describe(patch.resource), field, where: 'cluster', reason: `context ${context}` });
  return false;
}

function isForVersion(patch: Patch, draft: Draft): boolean {
  const { proxyVersion = '', metadata = {} } = patch.match.proxy ?? {};
  const keys = Object.keys(metadata);
  if (keys.length > 0)
    report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `match.proxy.metadata (${keys.join(', ')})` });
  if (proxyVersion !== '' && !versionMatches(proxyVersion)) {
    report(draft, patch, 'EnvoyFilterOtherVersion', { expression: proxyVersion, version: PROXY_VERSION });
    return false;
  }
  return keys.length === 0;
}

/** A bad expression is refused by validation; here it matches nothing. */
function versionMatches(expression: string): boolean {
  try {
    return RE2JS.compile(expression).matcher(PROXY_VERSION).find();
  } catch {
    return false;
  }
}
