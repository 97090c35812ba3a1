/** Resources in, Snapshot and findings out. The order of the processors is written here and nowhere else. */
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { SnapshotHead, SnapshotShard } from '../../gateway/snapshot-shards.ts';
import type { Resource } from '../resources/resource.ts';
import { authorizationPolicy } from './authorization-policy.ts';
import { clusters } from './clusters.ts';
import { DestinationRules, destinationRules } from './destination-rules.ts';
import { earlyEnforcement } from './early-enforcement.ts';
import { envoyFilters } from './envoyfilter/processor.ts';
import { gateways } from './gateways.ts';
import { identityOf } from './identity.ts';
import { NO_MEMO } from './memo.ts';
import { mesh } from './mesh.ts';
import { meshEntry } from './mesh-entry.ts';
import { peerAuthentication } from './peer-authentication.ts';
import { placements } from './placements.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { rateLimitConfig } from './ratelimit/config-maps.ts';
import { shortRateLimits } from './ratelimit/short-kind.ts';
import { withoutRefused } from './refusals.ts';
import { withoutReplaced } from './replaced.ts';
import { requestAuthentication } from './request-authentication.ts';
import { inOrder } from './select.ts';
import { ServiceRegistry, services } from './services.ts';
import { shardsOf } from './shards.ts';
import { telemetry } from './telemetry.ts';
import { virtualServices } from './virtual-services.ts';
import { wasmPlugin } from './wasm-plugin.ts';

const PROCESSORS: readonly Processor[] = [
  mesh,
  telemetry,
  gateways,
  services,
  destinationRules,
  clusters,
  virtualServices,
  meshEntry,
  requestAuthentication,
  authorizationPolicy,
  peerAuthentication,
  wasmPlugin,
  earlyEnforcement,
  rateLimitConfig,
  shortRateLimits,
  envoyFilters,
  placements,
];

export interface Compiled extends Pick<Draft, 'findings' | 'placements'> {
  snapshot: Snapshot;
  /** The Snapshot in pieces, for who publishes it. */
  head: SnapshotHead;
  shards: ReadonlyMap<string, SnapshotShard>;
  /** What was compiled, oldest first: without replaced definitions and without what Envoy would refuse. */
  resources: readonly Resource[];
}

/** Never throws for bad input; the same resources in any order give the same `id`, and so they do with any memo. */
export function compile(given: CompileInput): Compiled {
  const memo = given.memo ?? NO_MEMO;
  memo.settings(given.mesh, given.identity);
  const { current, findings: replaced } = withoutReplaced(given.resources, memo);
  const { accepted, findings: refused } = withoutRefused(current, memo);
  const identity = memo.value('identity', [], () => identityOf(given.identity, given.mesh));
  const input = { ...given, identity, resources: memo.sorted('resources', accepted, inOrder) };
  const draft: Draft = {
    snapshot: {
      mesh: { numTrustedProxies: 0, pathNormalization: 'BASE', nodeCluster: '', accessLog: [] },
      listeners: [],
      routeTables: {},
      clusters: {},
    },
    findings: [...replaced, ...refused],
    placements: [],
    servers: [],
    services: new ServiceRegistry(),
    destinationRules: new DestinationRules(),
    memo,
  };
  for (const processor of PROCESSORS) processor.run(input, draft);
  const { snapshot, findings, placements: placed } = draft;
  const { head, shards } = shardsOf(snapshot, memo);
  return {
    findings,
    placements: placed,
    resources: input.resources,
    snapshot: { id: head.id, ...snapshot },
    head,
    shards,
  };
}
