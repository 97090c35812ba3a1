/** EnvoyFilter, as Istio's webhook judges its shape; what a patch does is judged where it is compiled. */
import type { EnvoyFilterSpec } from '../../resources/types.gen.ts';
import { re2Error } from './common.ts';
import type { Issues } from './issues.ts';
import { labelProblems } from './selector.ts';

type Patch = NonNullable<EnvoyFilterSpec['configPatches']>[number];

const CAUTION =
  'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.';

const SELECTS_ALL =
  'Envoy filter: workload selector specified without labels, will be applied to all services in namespace';

/** applyTo → the object class that its match may name. */
const CLASSES: Record<string, [name: string, field: 'listener' | 'routeConfiguration' | 'cluster']> = {
  LISTENER: ['listener', 'listener'],
  FILTER_CHAIN: ['listener', 'listener'],
  NETWORK_FILTER: ['listener', 'listener'],
  HTTP_FILTER: ['listener', 'listener'],
  ROUTE_CONFIGURATION: ['http route', 'routeConfiguration'],
  VIRTUAL_HOST: ['http route', 'routeConfiguration'],
  HTTP_ROUTE: ['http route', 'routeConfiguration'],
  CLUSTER: ['cluster', 'cluster'],
};

export function validateEnvoyFilter(spec: EnvoyFilterSpec, issues: Issues): void {
  issues.warn(CAUTION);
  const { workloadSelector } = spec;
  issues.at('workloadSelector', 'labels').check(...labelProblems(workloadSelector?.labels));
  if (workloadSelector && Object.keys(workloadSelector.labels ?? {}).length === 0) {
    issues.at('workloadSelector').warn(SELECTS_ALL);
  }
  issues.each(['configPatches'], spec.configPatches, validatePatch);
}

function validatePatch({ applyTo, match, patch }: Patch, issues: Issues): void {
  if (!applyTo || (applyTo as string) === 'INVALID') issues.error('Envoy filter: missing applyTo');
  if (!patch) {
    issues.error('Envoy filter: missing patch');
    return;
  }
  const { operation, value } = patch;
  if (!operation || (operation as string) === 'INVALID')
    issues.at('patch').error('Envoy filter: missing patch operation');
  if (operation !== 'REMOVE' && !value)
    issues.at('patch', 'value').error('Envoy filter: missing patch value for non-remove operation');
  const version = match?.proxy?.proxyVersion;
  const error = version && re2Error(version);
  if (error)
    issues.at('match', 'proxy', 'proxyVersion').error(`Envoy filter: invalid regex for proxy version, [${error}]`);
  validateClass(applyTo, match, issues);
}

function validateClass(applyTo: Patch['applyTo'], match: Patch['match'], issues: Issues): void {
  const [name, own] = CLASSES[applyTo ?? ''] ?? [];
  if (!name || !match) return;
  const others = (['listener', 'routeConfiguration', 'cluster'] as const).filter(
    (field) => field !== own && match[field],
  );
  if (others.length > 0)
    issues.at('match').error(`Envoy filter: applyTo for ${name} class objects cannot have non ${name} match`);
  else
    issues.at('match', 'listener', 'filterChain', 'filter').check(filterProblem(applyTo, match.listener?.filterChain));
}

const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';
const CONNECTION_MANAGERS = new Set([CONNECTION_MANAGER, 'envoy.http_connection_manager']);

type FilterChain = NonNullable<NonNullable<Patch['match']>['listener']>['filterChain'];

function filterProblem(applyTo: Patch['applyTo'], chain: FilterChain): string | undefined {
  const filter = chain?.filter;
  if (!filter) return undefined;
  if (!filter.name) return 'Envoy filter: filter match has no name to match on';
  if (!filter.subFilter) return undefined;
  if (applyTo !== 'HTTP_FILTER') return 'Envoy filter: subfilter match can be used with applyTo HTTP_FILTER only';
  if (!CONNECTION_MANAGERS.has(filter.name))
    return `Envoy filter: subfilter match requires filter match with ${CONNECTION_MANAGER}`;
  return filter.subFilter.name ? undefined : 'Envoy filter: subfilter match has no name to match on';
}
