/**
 * The two ways to the counters. On Cloudflare the objects are called directly; on one's own machines a gateway process
 * calls the state process over workerd's RPC, and that calls its object.
 */
import type { CounterObject } from './object.ts';
import {
  BUCKETS,
  bucketName,
  type CountCall,
  type CounterOperations,
  type CounterStore,
  type CounterUsage,
  type CountReply,
  hotObjectName,
  ONLY_OBJECT,
} from './protocol.ts';

export interface CounterState extends CounterStore, CounterOperations {}

/** What the state process offers over RPC (CounterEntrypoint). */
export interface StateRpc extends CounterOperations {
  count(calls: CountCall[]): Promise<CountReply[][]>;
}

/** How names are spread over objects, and how these are asked. */
interface Layout extends Pick<CounterStore, 'objectOf' | 'atOnce'> {
  objects: readonly string[];
}

/** Many machines run Cloudflare's objects, and each takes only so many calls. One slow answer must not hold up all. */
export const SPREAD: Layout = {
  atOnce: 2,
  objects: Array.from({ length: BUCKETS }, (_, index) => `counters-${index}`),
  objectOf: bucketName,
};

/** One thread of one process does it all: a second call would only be a smaller one. */
export const TOGETHER: Layout = { atOnce: 1, objects: [ONLY_OBJECT], objectOf: () => ONLY_OBJECT };

/** The store for a Worker whose env holds the namespace (COUNTERS) or the state process (STATE); undefined: neither. */
export function counterStoreOf(env: Readonly<Record<string, unknown>>): CounterState | undefined {
  if (env.COUNTERS) return namespaceStore(env.COUNTERS as DurableObjectNamespace<CounterObject>, SPREAD);
  if (env.STATE) return stateStore(env.STATE as StateRpc);
  return undefined;
}

function stateStore(state: StateRpc): CounterState {
  return {
    ...TOGETHER,
    count: (_, calls) => state.count(calls),
    usage: (prefix, now, most) => state.usage(prefix, now, most),
    reset: (name, now) => state.reset(name, now),
  };
}

/** Ids of buckets and some hot keys are remembered: each is a hash of a name. */
const IDS = 1000;

/** Calls the objects of a namespace. */
export function namespaceStore(namespace: DurableObjectNamespace<CounterObject>, layout: Layout): CounterState {
  const ids = new Map<string, DurableObjectId>();
  const stub = (object: string) => {
    const id = ids.get(object) ?? namespace.idFromName(object);
    if (ids.size < IDS) ids.set(object, id);
    return namespace.get(id);
  };
  return {
    ...layout,
    count: (object, calls) => stub(object).count(calls),
    usage: (prefix, now, most) => usage(layout.objects.map(stub), stub, prefix, now, most),
    reset: (name, now) => reset(stub, layout.objectOf(name), name, now),
  };
}

type CounterStub = DurableObjectStub<CounterObject>;
type Stub = (object: string) => CounterStub;

async function usage(
  all: CounterStub[],
  stub: Stub,
  prefix: string,
  now: number,
  most: number,
): Promise<CounterUsage[]> {
  const rows = (await Promise.all(all.map((object) => object.usage(prefix, now, most)))).flat();
  const current = rows.map((row) => (row.moved ? hotUsage(stub, row, now) : row));
  return (await Promise.all(current)).sort((a, b) => b.count - a.count).slice(0, most);
}

async function hotUsage(stub: Stub, row: CounterUsage, now: number): Promise<CounterUsage> {
  const windows = await stub(hotObjectName(row.name)).usage(row.name, now, 100);
  return windows.find(({ name, start }) => name === row.name && start === row.start) ?? row;
}

async function reset(stub: Stub, object: string, name: string, now: number): Promise<CounterUsage[]> {
  const open = await stub(object).reset(name, now);
  const hot = open.some(({ moved }) => moved) ? await stub(hotObjectName(name)).reset(name, now) : [];
  return [...open.filter(({ moved }) => !moved), ...hot];
}
