/**
 * The two ways to the counters. On Cloudflare the objects are called directly; on one's own machines a gateway process
 * calls the state process over workerd's RPC, and that calls the objects.
 */
import type { CounterObject } from './object.ts';
import {
  BUCKETS,
  bucketName,
  type CounterOperations,
  type CounterStore,
  type CounterUsage,
  hotObjectName,
} from './protocol.ts';

/** What the state process offers over RPC (CounterEntrypoint). */
export interface CounterState extends CounterStore, CounterOperations {}

/** The store for a Worker whose env holds the namespace (COUNTERS) or the state process (STATE); undefined: neither. */
export function counterStoreOf(env: Readonly<Record<string, unknown>>): CounterState | undefined {
  if (env.COUNTERS) return namespaceStore(env.COUNTERS as DurableObjectNamespace<CounterObject>);
  if (env.STATE) return env.STATE as CounterState;
  return undefined;
}

/** Calls the objects of a namespace. */
export function namespaceStore(namespace: DurableObjectNamespace<CounterObject>): CounterState {
  const stub = (object: string) => namespace.get(namespace.idFromName(object));
  return {
    count: (object, requests) => stub(object).count(requests),
    usage: (prefix, now, most) => usage(stub, prefix, now, most),
    reset: (name, now) => reset(stub, name, now),
  };
}

type Stub = (object: string) => DurableObjectStub<CounterObject>;

async function usage(stub: Stub, prefix: string, now: number, most: number): Promise<CounterUsage[]> {
  const buckets = Array.from({ length: BUCKETS }, (_, index) => stub(`counters-${index}`).usage(prefix, now, most));
  const rows = (await Promise.all(buckets)).flat();
  const current = rows.map((row) => (row.moved ? hotUsage(stub, row, now) : row));
  return (await Promise.all(current)).sort((a, b) => b.count - a.count).slice(0, most);
}

async function hotUsage(stub: Stub, row: CounterUsage, now: number): Promise<CounterUsage> {
  const windows = await stub(hotObjectName(row.name)).usage(row.name, now, 100);
  return windows.find(({ name, start }) => name === row.name && start === row.start) ?? row;
}

async function reset(stub: Stub, name: string, now: number): Promise<CounterUsage[]> {
  const open = await stub(bucketName(name)).reset(name, now);
  const hot = open.some(({ moved }) => moved) ? await stub(hotObjectName(name)).reset(name, now) : [];
  return [...open.filter(({ moved }) => !moved), ...hot];
}
