/** HTTP filters by name: what Envoy called them before 1.14, and the chain that Istio builds for a gateway. */
import type { PhaseName } from '../../../gateway/phase-names.ts';
import type { Listener } from '../../../gateway/snapshot.ts';

const OLD_NAMES: Readonly<Record<string, string>> = {
  'envoy.router': 'envoy.filters.http.router',
  'envoy.cors': 'envoy.filters.http.cors',
  'envoy.fault': 'envoy.filters.http.fault',
  'envoy.rate_limit': 'envoy.filters.http.ratelimit',
  'envoy.ratelimit': 'envoy.filters.http.ratelimit',
  'envoy.filters.http.rate_limit': 'envoy.filters.http.ratelimit',
  'envoy.ext_authz': 'envoy.filters.http.ext_authz',
  'envoy.lua': 'envoy.filters.http.lua',
  'envoy.grpc_web': 'envoy.filters.http.grpc_web',
  'envoy.gzip': 'envoy.filters.http.compressor',
  'envoy.buffer': 'envoy.filters.http.buffer',
  'envoy.http_connection_manager': 'envoy.filters.network.http_connection_manager',
};

/** The name of today; others stay as they are. */
export const currentName = (name: string): string => OLD_NAMES[name] ?? name;

export const HTTP_CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';
export const ROUTER = 'envoy.filters.http.router';

/** A filter of Istio's own chain. `slot`: the phase of what an EnvoyFilter puts directly before it. */
export interface OwnFilter {
  name: string;
  slot: PhaseName;
}

/** Which of the chain's optional filters a listener has, by the phases of its filters. */
const OPTIONAL: readonly [name: string, slot: PhaseName, phases: readonly PhaseName[]][] = [
  ['envoy.filters.http.ext_authz', 'envoyfilter-before-jwt', ['ext-authz']],
  ['envoy.filters.http.jwt_authn', 'envoyfilter-before-jwt', ['jwt']],
  ['envoy.filters.http.rbac', 'envoyfilter-after-jwt', ['rbac-audit', 'rbac-deny', 'rbac-allow']],
];

/** Istio's chain for this listener, in order. */
export function ownChain({ httpFilters }: Pick<Listener, 'httpFilters'>): OwnFilter[] {
  const phases = new Set(httpFilters.map(({ phase }) => phase));
  const present = OPTIONAL.filter(([, , needed]) => needed.some((phase) => phases.has(phase)));
  return [
    { name: 'istio.metadata_exchange', slot: 'envoyfilter-first' },
    ...present.map(([name, slot]) => ({ name, slot })),
    { name: 'envoy.filters.http.grpc_stats', slot: 'envoyfilter-after-rbac' },
    { name: 'istio.alpn', slot: 'envoyfilter-after-rbac' },
    { name: 'envoy.filters.http.fault', slot: 'envoyfilter-after-rbac' },
    { name: 'envoy.filters.http.cors', slot: 'envoyfilter-after-fault' },
    { name: ROUTER, slot: 'envoyfilter-last' },
  ];
}
