/**
 * A Snapshot in pieces for a key-value store: a head, which is small and moves, and shards by host, which are named by the
 * hash of their content and never change. An isolate reads the head and the shards of the hosts it is asked for.
 */
import { finish } from './sliced.ts';
import type { Cluster, RouteTable, Snapshot, VirtualHost } from './snapshot.ts';

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
export const BUCKETS = 256;

/** FNV-1a over the host's UTF-16 units; any even hash will do, but it must never change. */
export function bucketOf(host: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < host.length; i++) hash = Math.imul(hash ^ host.charCodeAt(i), 0x01000193) >>> 0;
  return hash % BUCKETS;
}

/** Some milliseconds of work: a pause for every shard would take longer than all the work. */
const HOSTS_A_SLICE = 5000;

/** The keys of all shards of a Snapshot. */
export const keysOf = ({ common, buckets }: SnapshotHead): Set<string> =>
  new Set([common, ...buckets.filter((key) => key !== '')]);

/** The Snapshot that the shards are of: all of them, or the common one and a bucket's, which serve the hosts of that bucket. */
export const joinShards = (head: SnapshotHead, shards: readonly SnapshotShard[]): Snapshot =>
  finish(joining(head, shards));

/** The same in pieces. Parts of the shards stand in the Snapshot as they are; hosts and clusters are in no order. */
export function* joining(head: SnapshotHead, shards: readonly SnapshotShard[]): Generator<void, Snapshot> {
  const { common: _common, buckets: _buckets, ...rest } = head;
  const tables = new Map<string, Map<string, VirtualHost>>();
  for (const { servers } of head.listeners) for (const { routeTable } of servers) tables.set(routeTable, new Map());
  const clusters: Record<string, Cluster> = {};
  let hosts = 0;
  for (const shard of shards) {
    for (const [table, virtualHosts] of Object.entries(shard.virtualHosts)) {
      // One of several domains stands in several shards.
      for (const virtualHost of virtualHosts) tables.get(table)?.set(virtualHost.name, virtualHost);
      hosts += virtualHosts.length;
    }
    Object.assign(clusters, shard.clusters);
    if (hosts < HOSTS_A_SLICE) continue;
    hosts = 0;
    yield;
  }
  const routeTables = Array.from(tables, ([name, hosts]): [string, RouteTable] => [
    name,
    { name, virtualHosts: [...hosts.values()] },
  ]);
  return { ...rest, routeTables: Object.fromEntries(routeTables), clusters };
}

/** The Snapshot with everything in the order in which it was compiled. */
export function inOrder(snapshot: Snapshot): Snapshot {
  const routeTables = Object.values(snapshot.routeTables).map(({ name, virtualHosts }): [string, RouteTable] => [
    name,
    { name, virtualHosts: virtualHosts.toSorted((a, b) => byCodeUnits(a.domains[0] ?? '', b.domains[0] ?? '')) },
  ]);
  return {
    ...snapshot,
    routeTables: Object.fromEntries(routeTables.sort(byName)),
    clusters: Object.fromEntries(Object.entries(snapshot.clusters).sort(byName)),
  };
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => byCodeUnits(a, b);
