/** proxy_*_header_map_*: statuses in the order in which Envoy tests (map type, memory, map). */
import { MAX_MAP_TYPE, MapType, Status } from './abi.ts';
import { byteSize, type HeaderMap } from './header-map.ts';
import type { HostFunctions } from './imports.ts';
import { decodePairs, encodePairs } from './pairs.ts';
import type { Vm } from './vm.ts';

export function headerCalls(vm: Vm): HostFunctions {
  const change = (type: number, edit: (map: HeaderMap) => void): Status => {
    const context = vm.active();
    const map = context.mutableMap(type);
    if (!map) return Status.BadArgument;
    try {
      edit(map);
    } catch {
      // The platform has no such header: a name or value that HTTP forbids, a pseudo header that cannot change.
      return Status.BadArgument;
    }
    // Envoy forgets the chosen route with every change of a request header.
    if (type === MapType.RequestHeaders) context.stream?.clearRouteCache();
    return Status.Ok;
  };
  const line = (
    type: number,
    key: number,
    keySize: number,
    value: number,
    valueSize: number,
    method: 'add' | 'set',
  ) => {
    if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
    const name = vm.memory.string(key, keySize);
    const text = vm.memory.string(value, valueSize);
    if (name === undefined || text === undefined) return Status.InvalidMemoryAccess;
    return change(type, (map) => map[method](name, text));
  };
  return {
    proxy_add_header_map_value: (type: number, key: number, keySize: number, value: number, valueSize: number) =>
      line(type, key, keySize, value, valueSize, 'add'),
    proxy_replace_header_map_value: (type: number, key: number, keySize: number, value: number, valueSize: number) =>
      line(type, key, keySize, value, valueSize, 'set'),
    proxy_remove_header_map_value: (type: number, key: number, keySize: number) => {
      if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
      const name = vm.memory.string(key, keySize);
      return name === undefined ? Status.InvalidMemoryAccess : change(type, (map) => map.remove(name));
    },
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
      const pairs = decodePairs(bytes);
      return change(type, (map) => replaceAll(map, pairs));
    },
    proxy_get_header_map_size: (type: number, sizeOut: number) => {
      if (type >>> 0 > MAX_MAP_TYPE) return Status.BadArgument;
      const map = vm.active().mutableMap(type);
      if (!map) return Status.BadArgument;
      return vm.memory.setU32(sizeOut, byteSize(map)) ? Status.Ok : Status.InvalidMemoryAccess;
    },
  };
}

function replaceAll(map: HeaderMap, pairs: readonly [string, string][]): void {
  const names = new Set(map.entries().map(([name]) => name));
  for (const name of names) map.remove(name);
  for (const [name, value] of pairs) map.add(name, value);
}
