/** The import object of a module: the host calls of its ABI version, and nothing that Envoy would not have. */
import { abiVersion, ModuleError } from './guest.ts';
import { bufferCalls } from './hostcalls-buffers.ts';
import { calloutCalls } from './hostcalls-callouts.ts';
import { headerCalls } from './hostcalls-headers.ts';
import { metricCalls } from './hostcalls-metrics.ts';
import { sharedCalls } from './hostcalls-shared.ts';
import { streamCalls } from './hostcalls-stream.ts';
import { systemCalls } from './hostcalls-system.ts';
import type { Vm } from './vm.ts';
import { wasiCalls } from './wasi.ts';

type HostFunction = (...values: never[]) => unknown;
export type HostFunctions = Record<string, HostFunction>;

/** The names that a module may import, by import module: what `bowsprit filter build` checks against. */
export function knownImports(): Readonly<Record<string, ReadonlySet<string>>> {
  const nothing = { plugin: { env: {} }, host: {} } as unknown as Vm;
  const wasi = new Set(Object.keys(wasiCalls(nothing)));
  return { env: new Set(Object.keys(proxyCalls(nothing))), wasi_snapshot_preview1: wasi, wasi_unstable: wasi };
}

/** Throws ModuleError UNKNOWN_IMPORT for the first import that neither Envoy nor this host has. */
export function importsFor(module: WebAssembly.Module, vm: Vm): WebAssembly.Imports {
  const wasi = wasiCalls(vm);
  const known: Record<string, HostFunctions> = {
    env: proxyCalls(vm),
    wasi_snapshot_preview1: wasi,
    wasi_unstable: wasi,
  };
  for (const wanted of WebAssembly.Module.imports(module))
    if (wanted.kind !== 'function' || !known[wanted.module]?.[wanted.name])
      throw new ModuleError(
        'UNKNOWN_IMPORT',
        `${abiVersion(module)} has no ${wanted.kind} ${wanted.module}.${wanted.name}`,
      );
  return known as WebAssembly.Imports;
}

function proxyCalls(vm: Vm): HostFunctions {
  return {
    ...systemCalls(vm),
    ...headerCalls(vm),
    ...bufferCalls(vm),
    ...streamCalls(vm),
    ...sharedCalls(vm),
    ...metricCalls(vm),
    ...calloutCalls(vm),
    emscripten_notify_memory_growth: () => undefined,
    pthread_equal: (left: number, right: number) => (left === right ? 1 : 0),
  };
}
