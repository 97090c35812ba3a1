/**
 * The Snapshot in pieces: shards by host, each named by the hash of its content, and a head that names them all. What did not
 * change since the last compilation is neither written nor hashed again, and whoever has a shard need not read it again.
 */
import type { Cluster, RouteTable, Snapshot, VirtualHost } from '../../gateway/snapshot.ts';
import { BUCKETS, bucketOf, type SnapshotHead, type SnapshotShard } from '../../gateway/snapshot-shards.ts';
import { clustersOf } from './forwarded.ts';
import { contentHash, sortKeys } from './identify.ts';
import type { Memo } from './memo.ts';
import { compare } from './names.ts';

export interface Sharded {
  head: SnapshotHead;
  /** By key. */
  shards: ReadonlyMap<string, SnapshotShard>;
}

/** A shard in the making: what it holds, in the order of the tables and hosts. */
interface Draft {
  /** Each behind the name of its table. */
  hosts: (string | VirtualHost)[];
  clusters: Set<string>;
}

type Named = [key: string, shard: SnapshotShard];

/**
 * Listeners, mesh settings and limits hold users' own JSON, so their keys are sorted here. Virtual hosts and clusters are too
 * many for that: processors write their fields in one order and put users' maps through `sortKeys`.
 * `id` is the hash of the head, which names the hash of everything else.
 */
export function shardsOf(snapshot: Omit<Snapshot, 'id'>, memo: Memo): Sharded {
  const { common, buckets } = draftsOf(snapshot, memo);
  const shards = new Map<string, SnapshotShard>();
  const keep = (draft: Draft, place: string): string => {
    const [key, shard] = named(draft, place, snapshot, memo);
    shards.set(key, shard);
    return key;
  };
  const { mesh, listeners, limitDomains } = snapshot;
  const head: Omit<SnapshotHead, 'id'> = {
    ...sortKeys({ mesh, listeners }),
    ...(limitDomains && { limitDomains: sortKeys(limitDomains) }),
    common: keep(common, 'common'),
    buckets: buckets.map((draft, number) => (draft.hosts.length > 0 ? keep(draft, `bucket ${number}`) : '')),
  };
  return { head: { id: contentHash(JSON.stringify(head), 16), ...head }, shards };
}

const emptyDraft = (): Draft => ({ hosts: [], clusters: new Set() });

function draftsOf(snapshot: Omit<Snapshot, 'id'>, memo: Memo): { common: Draft; buckets: Draft[] } {
  const common = emptyDraft();
  const buckets = Array.from({ length: BUCKETS }, emptyDraft);
  const routed = new Set<string>();
  for (const { name, virtualHosts } of Object.values(snapshot.routeTables)) {
    const placed = memo.each(`places of ${name}`, virtualHosts, placeOf);
    for (const [index, virtualHost] of virtualHosts.entries()) {
      const { places, clusters } = placed[index]!;
      for (const cluster of clusters) routed.add(cluster);
      for (const place of places) {
        const draft = place === COMMON ? common : buckets[place]!;
        draft.hosts.push(name, virtualHost);
        for (const cluster of clusters) draft.clusters.add(cluster);
      }
    }
  }
  for (const cluster of sharedClusters(snapshot, routed)) common.clusters.add(cluster);
  return { common, buckets };
}

const COMMON = -1;

interface Placed {
  /** Buckets, or COMMON. */
  places: readonly number[];
  /** Every cluster that a route of it names. */
  clusters: readonly string[];
}

function placeOf(virtualHost: VirtualHost): Placed {
  const places = new Set(virtualHost.domains.map((domain) => (domain.includes('*') ? COMMON : bucketOf(domain))));
  return { places: [...places], clusters: [...clustersOf(virtualHost)] };
}

/** Those that filters of a listener call (ext_authz, the rate-limit service), and those that no route names. */
function sharedClusters({ listeners, mesh, clusters }: Omit<Snapshot, 'id'>, routed: ReadonlySet<string>): string[] {
  const words = new Set<string>();
  addWords([listeners, mesh], words);
  return Object.keys(clusters).filter((name) => !routed.has(name) || words.has(name));
}

/** Every text in there: a name may stand as a value or as a key. */
function addWords(value: unknown, words: Set<string>): void {
  if (typeof value === 'string') words.add(value);
  if (value === null || typeof value !== 'object') return;
  for (const [key, part] of Object.entries(value)) {
    words.add(key);
    addWords(part, words);
  }
}

/** The shard that `place` had before, when it is made of the very same parts. */
function named(draft: Draft, place: string, { clusters: all }: Omit<Snapshot, 'id'>, memo: Memo): Named {
  const clusters = [...draft.clusters].sort(compare).flatMap((name) => all[name] ?? []);
  return memo.value(`shard ${place}`, [...draft.hosts, ...clusters], () => {
    const shard: SnapshotShard = { virtualHosts: byTable(draft.hosts), clusters: byName(clusters) };
    return [`shard/${contentHash(JSON.stringify(shard), 32)}`, shard];
  });
}

function byTable(hosts: Draft['hosts']): SnapshotShard['virtualHosts'] {
  const tables: Record<RouteTable['name'], VirtualHost[]> = {};
  for (let at = 0; at < hosts.length; at += 2) {
    const [table, virtualHost] = [hosts[at] as string, hosts[at + 1] as VirtualHost];
    const known = tables[table];
    if (known) known.push(virtualHost);
    else tables[table] = [virtualHost];
  }
  return tables;
}

const byName = (clusters: readonly Cluster[]): Record<string, Cluster> =>
  Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster]));
