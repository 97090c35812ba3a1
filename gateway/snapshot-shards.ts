/**
 * A Snapshot in pieces for a key-value store: a head, which is small and moves, and shards by host, which are named by the
 * hash of their content and never change. An isolate reads the head and the shards of the hosts it is asked for.
 */
import type { Cluster, Snapshot, VirtualHost } from './snapshot.ts';

/** Under the key LIVE. */
export interface SnapshotHead extends Pick<Snapshot, 'id' | 'mesh' | 'listeners' | 'limitDomains'> {
  /** Key of the shard with the virtual hosts that have a wildcard, which every host may need. */
  common: string;
  /** Keys by bucket number; '' where no host falls into the bucket. */
  buckets: string[];
}

/** Everything that its hosts need, so that one read is enough. */
export interface SnapshotShard {
  /** Virtual hosts by route table. */
  virtualHosts: Record<string, VirtualHost[]>;
  clusters: Record<string, Cluster>;
}

export const LIVE = 'live';

/** Enough that a shard of 10,000 hosts is some 40 of them. */
const BUCKETS = 256;

/** FNV-1a over the host's UTF-16 units; any even hash will do, but it must never change. */
export function bucketOf(host: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < host.length; i++) hash = Math.imul(hash ^ host.charCodeAt(i), 0x01000193) >>> 0;
  return hash % BUCKETS;
}

/** The head and, by key, the shards. `hash` names a text by its content. */
export function splitSnapshot(
  snapshot: Snapshot,
  hash: (text: string) => string,
): { head: SnapshotHead; shards: Map<string, string> } {
  const common: SnapshotShard = { virtualHosts: {}, clusters: {} };
  const buckets = Array.from({ length: BUCKETS }, (): SnapshotShard => ({ virtualHosts: {}, clusters: {} }));
  for (const { name, virtualHosts } of Object.values(snapshot.routeTables)) {
    for (const virtualHost of virtualHosts) {
      for (const shard of shardsOf(virtualHost, common, buckets)) addTo(shard, name, virtualHost, snapshot);
    }
  }
  for (const name of sharedClusters(snapshot)) common.clusters[name] = snapshot.clusters[name]!;
  const shards = new Map<string, string>();
  const keep = (shard: SnapshotShard): string => {
    const text = JSON.stringify(shard);
    const key = `shard/${hash(text)}`;
    shards.set(key, text);
    return key;
  };
  const { id, mesh, listeners, limitDomains } = snapshot;
  const isUsed = ({ virtualHosts }: SnapshotShard): boolean => Object.keys(virtualHosts).length > 0;
  const head: SnapshotHead = {
    ...{ id, mesh, listeners },
    ...(limitDomains && { limitDomains }),
    common: keep(common),
    buckets: buckets.map((shard) => (isUsed(shard) ? keep(shard) : '')),
  };
  return { head, shards };
}

function shardsOf({ domains }: VirtualHost, common: SnapshotShard, buckets: SnapshotShard[]): Set<SnapshotShard> {
  return new Set(domains.map((domain) => (domain.includes('*') ? common : buckets[bucketOf(domain)]!)));
}

function addTo(shard: SnapshotShard, table: string, virtualHost: VirtualHost, snapshot: Snapshot): void {
  const hosts = shard.virtualHosts[table];
  if (hosts) hosts.push(virtualHost);
  else shard.virtualHosts[table] = [virtualHost];
  for (const name of clustersOf(virtualHost)) {
    const cluster = snapshot.clusters[name];
    if (cluster) shard.clusters[name] = cluster;
  }
}

/** Those that filters of a listener call (ext_authz, the rate-limit service), and those that no route names. */
function sharedClusters({ listeners, mesh, routeTables, clusters }: Snapshot): string[] {
  const hosts = Object.values(routeTables).flatMap(({ virtualHosts }) => virtualHosts);
  const routed = new Set(hosts.flatMap((host) => [...clustersOf(host)]));
  const filters = JSON.stringify([listeners, mesh]);
  return Object.keys(clusters).filter((name) => !routed.has(name) || filters.includes(JSON.stringify(name)));
}

function* clustersOf({ routes }: VirtualHost): Generator<string> {
  for (const { action } of routes) {
    if (action.kind !== 'forward') continue;
    for (const { cluster } of action.destinations) yield cluster;
    for (const { cluster } of action.mirrors ?? []) yield cluster;
  }
}

/** What serves the hosts of one bucket: a Snapshot with the common hosts and the bucket's. */
export function joinShards(head: SnapshotHead, shards: readonly SnapshotShard[]): Snapshot {
  const { common: _common, buckets: _buckets, ...rest } = head;
  const routeTables: Snapshot['routeTables'] = {};
  for (const { virtualHosts } of shards) {
    for (const [name, hosts] of Object.entries(virtualHosts)) {
      const known = routeTables[name]?.virtualHosts ?? [];
      routeTables[name] = {
        name,
        virtualHosts: [...known, ...hosts.filter((host) => !known.some(({ name: n }) => n === host.name))],
      };
    }
  }
  return { ...rest, routeTables, clusters: Object.assign({}, ...shards.map(({ clusters }) => clusters)) };
}
