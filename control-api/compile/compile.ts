/** Resources in, Snapshot and findings out. The order of the processors is written here and nowhere else. */
import type { Snapshot } from '../../gateway/snapshot.ts';
import { authorizationPolicy } from './authorization-policy.ts';
import { clusters } from './clusters.ts';
import { DestinationRules, destinationRules } from './destination-rules.ts';
import { envoyFilters } from './envoyfilter/processor.ts';
import { gateways } from './gateways.ts';
import { identify } from './identify.ts';
import { mesh } from './mesh.ts';
import { peerAuthentication } from './peer-authentication.ts';
import { placements } from './placements.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { rateLimitConfig } from './ratelimit/config-maps.ts';
import { withoutRefused } from './refusals.ts';
import { requestAuthentication } from './request-authentication.ts';
import { byAge } from './select.ts';
import { ServiceRegistry, services } from './services.ts';
import { virtualServices } from './virtual-services.ts';

const PROCESSORS: readonly Processor[] = [
  mesh,
  gateways,
  services,
  destinationRules,
  clusters,
  virtualServices,
  requestAuthentication,
  authorizationPolicy,
  peerAuthentication,
  rateLimitConfig,
  envoyFilters,
  placements,
];

export interface Compiled extends Pick<Draft, 'findings' | 'placements'> {
  snapshot: Snapshot;
}

/** Never throws for bad input; the same resources in any order give the same `id`. */
export function compile(given: CompileInput): Compiled {
  const { accepted, findings: refused } = withoutRefused(given.resources);
  const input = { ...given, resources: accepted.sort(byAge) };
  const draft: Draft = {
    snapshot: {
      mesh: { numTrustedProxies: 0, pathNormalization: 'BASE', nodeCluster: '', accessLog: [] },
      listeners: [],
      routeTables: {},
      clusters: {},
    },
    findings: refused,
    placements: [],
    servers: [],
    services: new ServiceRegistry(),
    destinationRules: new DestinationRules(),
  };
  for (const processor of PROCESSORS) processor.run(input, draft);
  const { snapshot, ...said } = draft;
  return { findings: said.findings, placements: said.placements, snapshot: { id: identify(snapshot), ...snapshot } };
}
