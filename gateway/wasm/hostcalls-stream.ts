/** What a filter does to its request: go on, stop, answer, choose the route again, properties. */
import { MAX_STREAM_TYPE, Status, StreamType } from './abi.ts';
import type { Context } from './context.ts';
import { foreignFunctions } from './foreign-functions.ts';
import type { FilterReply } from './host.ts';
import type { HostFunctions } from './imports.ts';
import { decodePairs } from './pairs.ts';
import { readProperty } from './properties.ts';
import type { Vm } from './vm.ts';

export function streamCalls(vm: Vm): HostFunctions {
  return { ...propertyCalls(vm), ...flowCalls(vm), ...replyCalls(vm), ...foreignCalls(vm) };
}

function propertyCalls(vm: Vm): HostFunctions {
  return {
    proxy_get_property: (path: number, pathSize: number, valueOut: number, sizeOut: number) => {
      const context = vm.active();
      const text = vm.memory.string(path, pathSize);
      if (text === undefined) return Status.InvalidMemoryAccess;
      const value = readProperty(context, text);
      if (typeof value === 'number') return value;
      return vm.memory.give(value, valueOut, sizeOut) ? Status.Ok : Status.InvalidMemoryAccess;
    },
    proxy_set_property: (path: number, pathSize: number, value: number, valueSize: number) => {
      const { stream } = vm.active();
      const key = vm.memory.string(path, pathSize);
      const bytes = vm.memory.bytes(value, valueSize);
      if (key === undefined || !bytes) return Status.InvalidMemoryAccess;
      if (!stream) return Status.NotFound;
      stream.filterState.set(`wasm.${key}`, bytes.slice());
      return Status.Ok;
    },
  };
}

function flowCalls(vm: Vm): HostFunctions {
  const go = (context: Context, type: number): Status => {
    if (type > StreamType.Response) return Status.BadArgument;
    const { stream } = context;
    if (stream) vm.afterCall(() => stream.resume(type === StreamType.Request ? 'request' : 'response'));
    context.forgetRequest();
    return Status.Ok;
  };
  const old = (type: number) => () => go(vm.active(), type);
  return {
    proxy_continue_stream: (type: number) =>
      type >>> 0 > MAX_STREAM_TYPE ? Status.BadArgument : go(vm.active(), type),
    proxy_close_stream: (type: number) => {
      if (type >>> 0 > MAX_STREAM_TYPE) return Status.BadArgument;
      const { stream } = vm.active();
      if (stream && type <= StreamType.Response) vm.afterCall(() => stream.reset());
      return Status.Ok;
    },
    proxy_set_effective_context: (id: number) => {
      vm.active();
      return vm.setEffective(id) ? Status.Ok : Status.BadArgument;
    },
    // A root context only ends with its isolate, which an edge does not announce: nobody waits for this.
    proxy_done: () => {
      vm.active();
      return Status.NotFound;
    },
    proxy_continue_request: old(StreamType.Request),
    proxy_continue_response: old(StreamType.Response),
    proxy_clear_route_cache: () => {
      vm.active().stream?.clearRouteCache();
      return Status.Ok;
    },
  };
}

function replyCalls(vm: Vm): HostFunctions {
  return {
    proxy_send_local_response: (
      ...[status, details, detailsSize, body, bodySize, headers, headersSize, grpcStatus]: Eight
    ) => {
      const { stream } = vm.active();
      const detailsText = vm.memory.string(details, detailsSize);
      const bodyBytes = vm.memory.bytes(body, bodySize);
      const pairs = vm.memory.bytes(headers, headersSize);
      if (detailsText === undefined || !bodyBytes || !pairs) return Status.InvalidMemoryAccess;
      const reply: FilterReply = {
        status,
        body: bodyBytes.slice(),
        headers: decodePairs(pairs).map(([name, value]) => [name.toLowerCase(), value]),
        grpcStatus,
        details: detailsText,
      };
      if (stream) vm.afterCall(() => stream.reply(reply));
      vm.stopIteration = true;
      return Status.Ok;
    },
  };
}
type Eight = [number, number, number, number, number, number, number, number];

function foreignCalls(vm: Vm): HostFunctions {
  return {
    proxy_call_foreign_function: (...[name, nameSize, input, inputSize, resultOut, resultSizeOut]: Six) => {
      const context = vm.active();
      const text = vm.memory.string(name, nameSize);
      const bytes = vm.memory.bytes(input, inputSize);
      if (text === undefined || !bytes) return Status.InvalidMemoryAccess;
      const result = foreignFunctions[text]?.(context, bytes);
      if (result === undefined) return Status.NotFound;
      if (typeof result === 'number') return result;
      return giveWanted(vm, result, resultOut, resultSizeOut) ? Status.Ok : Status.InvalidMemoryAccess;
    },
  };
}
type Six = [number, number, number, number, number, number];

/** A caller that does not want the result passes 0 for where it should go. */
function giveWanted(vm: Vm, result: Uint8Array, out: number, sizeOut: number): boolean {
  if (out && sizeOut) return vm.memory.give(result, out, sizeOut);
  return !sizeOut || vm.memory.setU32(sizeOut, result.length);
}
