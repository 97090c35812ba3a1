/** What is measured: filters as often as a case says, in front of an answer that the gateway gives itself. */
import { join } from 'node:path';
import type { HttpFilter, Snapshot } from '../../gateway/snapshot.ts';
import { bounded } from '../../gateway/wasm/bounds/bounded.ts';
import { compileFilter } from '../../sdk/build/compile.ts';
import { snapshotOf, virtualHostOf } from '../../test/support/snapshot.ts';

export type Wasm = Uint8Array<ArrayBuffer>;
export type Modules = Readonly<Record<'empty' | 'three', Wasm>>;

export interface Case {
  name: string;
  /** The names of the filters' modules, in order. */
  filters: readonly string[];
}

const times = (module: keyof Modules, count: number) => Array.from({ length: count }, () => module);

/** The first is what the others are compared with. */
export const CASES: readonly [Case, ...Case[]] = [
  { name: 'no filter', filters: [] },
  { name: '1 empty filter', filters: times('empty', 1) },
  { name: '5 empty filters', filters: times('empty', 5) },
  { name: '20 empty filters', filters: times('empty', 20) },
  { name: '1 × 3 reads, 2 writes', filters: times('three', 1) },
  { name: '5 × 3 reads, 2 writes', filters: times('three', 5) },
  { name: '20 × 3 reads, 2 writes', filters: times('three', 20) },
];

export const GATEWAY_PORT = 8_000;

export async function compiled(): Promise<Modules> {
  const build = async (name: string) =>
    (await compileFilter(join(import.meta.dirname, name, 'assembly/index.ts'))).wasm;
  return { empty: await build('empty'), three: await build('three') };
}

/** One listener a case, from GATEWAY_PORT on. */
export function snapshotFor(cases: readonly Case[]): Snapshot {
  const action = { kind: 'direct' as const, status: 200, body: { string: 'ok' } };
  const route = { name: '', match: {}, action, origin: { kind: 'VirtualService', namespace: 'a', name: 'b' } };
  const base = snapshotOf([virtualHostOf('*', [route])]);
  const listener = base.listeners[0]!;
  base.listeners = cases.map(({ filters }, index) => ({
    ...listener,
    port: GATEWAY_PORT + index,
    httpFilters: filters.map(bindingOf),
  }));
  return base;
}

function bindingOf(module: string, index: number): HttpFilter {
  const common = { kind: 'wasm' as const, url: '', pluginConfig: '', pluginName: '', env: {}, type: 'HTTP' as const };
  const name = `bench.${module}-${index}`;
  return { phase: 'wasm', config: { ...common, name, sha256: module, failStrategy: 'FAIL_CLOSED' } };
}

/** The same code in a module of other bytes, so that nobody compiles it once for all. */
export function distinct(module: Wasm, number: number): Wasm {
  const custom = [0, 3, 1, 'n'.charCodeAt(0), number];
  return new Uint8Array([...module, ...custom]);
}

/** What `serve` and `deploy` make of modules before they run. */
export function asServed(modules: Readonly<Record<string, Wasm>>): Record<string, Wasm> {
  return Object.fromEntries(Object.entries(modules).map(([name, wasm]) => [name, bounded(wasm) as Wasm]));
}
