/** proxy_*_header_map_*: statuses in the order in which Envoy tests (map type, memory, map). */
import { MAX_MAP_TYPE, MapType, Status } from './abi.ts';
import type { Context } from './context.ts';
import { byteSize, type HeaderMap } from './header-map.ts';
import type { HostFunctions } from './imports.ts';
import { decodePairs, encodePairs } from './pairs.ts';
import type { Vm } from './vm.ts';

type Change = 'add' | 'set' | 'remove';

export function headerCalls(vm: Vm): HostFunctions {
  const change = (
    how: Change,
    type: number,
    key: number,
    keySize: number,
    value: number,
    valueSize: number,
  ): Status => {
    if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
    const name = vm.memory.string(key, keySize);
    const text = vm.memory.string(value, valueSize);
    if (name === undefined || text === undefined) return Status.InvalidMemoryAccess;
    const context = vm.active();
    const map = context.mutableMap(type);
    return map && edit(map, how, name, text) ? changed(context, type) : Status.BadArgument;
  };
  return {
    proxy_add_header_map_value: (type: number, key: number, keySize: number, value: number, valueSize: number) =>
      change('add', type, key, keySize, value, valueSize),
    proxy_replace_header_map_value: (type: number, key: number, keySize: number, value: number, valueSize: number) =>
      change('set', type, key, keySize, value, valueSize),
    proxy_remove_header_map_value: (type: number, key: number, keySize: number) =>
      change('remove', type, key, keySize, 0, 0),
    proxy_get_header_map_value: (type: number, key: number, keySize: number, valueOut: number, sizeOut: number) => {
      if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
      const context = vm.active();
      const name = vm.memory.string(key, keySize);
      if (name === undefined) return Status.InvalidMemoryAccess;
      const map = context.readableMap(type);
      if (!map) return Status.BadArgument;
      // ABI 0.1.0 does not know NotFound: an absent header is an empty one.
      const value = map.get(name) ?? (vm.abi === '0.1.0' ? '' : null);
      if (value === null) return Status.NotFound;
      return vm.memory.give(value, valueOut, sizeOut) ? Status.Ok : Status.InvalidMemoryAccess;
    },
    proxy_get_header_map_pairs: (type: number, pairsOut: number, sizeOut: number) => {
      if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
      const pairs = encodePairs(vm.active().readableMap(type)?.entries() ?? []);
      return vm.memory.give(pairs, pairsOut, sizeOut) ? Status.Ok : Status.InvalidMemoryAccess;
    },
    proxy_set_header_map_pairs: (type: number, pointer: number, size: number) => {
      if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
      const bytes = vm.memory.bytes(pointer, size);
      if (!bytes) return Status.InvalidMemoryAccess;
      const context = vm.active();
      const map = context.mutableMap(type);
      return map && replaceAll(map, decodePairs(bytes)) ? changed(context, type) : Status.BadArgument;
    },
    proxy_get_header_map_size: (type: number, sizeOut: number) => {
      if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
      const map = vm.active().mutableMap(type);
      if (!map) return Status.BadArgument;
      return vm.memory.setU32(sizeOut, byteSize(map)) ? Status.Ok : Status.InvalidMemoryAccess;
    },
  };
}

/** Envoy forgets the chosen route with every change of a request header. */
function changed({ stream }: Context, type: number): Status {
  if (type === MapType.RequestHeaders) stream?.clearRouteCache();
  return Status.Ok;
}

/** false: the platform has no such header, a name or value that HTTP forbids, or a pseudo header that cannot change. */
function edit(map: HeaderMap, how: Change, name: string, value: string): boolean {
  try {
    if (how === 'add') map.add(name, value);
    else if (how === 'set') map.set(name, value);
    else map.remove(name);
    return true;
  } catch {
    return false;
  }
}

function replaceAll(map: HeaderMap, pairs: readonly [string, string][]): boolean {
  const names = new Set(map.entries().map(([name]) => name));
  for (const name of names) if (!edit(map, 'remove', name, '')) return false;
  return pairs.every(([name, value]) => edit(map, 'add', name, value));
}
