/** proxy_*_buffer_*: bodies, configurations and callout answers. */
import { MAX_BUFFER_TYPE, Status } from './abi.ts';
import type { HostFunctions } from './imports.ts';
import type { Vm } from './vm.ts';

export function bufferCalls(vm: Vm): HostFunctions {
  const done = (ok: boolean): Status => (ok ? Status.Ok : Status.InvalidMemoryAccess);
  return {
    proxy_get_buffer_bytes: (type: number, start: number, length: number, dataOut: number, sizeOut: number) => {
      if (type >>> 0 > MAX_BUFFER_TYPE) return Status.BadArgument;
      const buffer = vm.active().buffer(type);
      if (!buffer) return Status.NotFound;
      return done(vm.memory.give(buffer.data.bytes(start >>> 0, length >>> 0), dataOut, sizeOut));
    },
    proxy_get_buffer_status: (type: number, lengthOut: number, flagsOut: number) => {
      if (type >>> 0 > MAX_BUFFER_TYPE) return Status.BadArgument;
      const buffer = vm.active().buffer(type);
      if (!buffer) return Status.NotFound;
      return done(vm.memory.setU32(lengthOut, buffer.data.length) && vm.memory.setU32(flagsOut, 0));
    },
    proxy_set_buffer_bytes: (type: number, start: number, length: number, pointer: number, size: number) => {
      if (type >>> 0 > MAX_BUFFER_TYPE) return Status.BadArgument;
      const buffer = vm.active().buffer(type);
      if (!buffer) return Status.NotFound;
      const data = vm.memory.bytes(pointer, size);
      if (!data) return Status.InvalidMemoryAccess;
      return buffer.mutable ? buffer.data.change(start >>> 0, length >>> 0, data.slice()) : Status.BadArgument;
    },
  };
}
