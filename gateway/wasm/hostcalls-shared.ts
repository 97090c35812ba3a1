/** Shared data and shared queues. Both are per isolate: an edge has no memory that all its isolates see. */
import { Status } from './abi.ts';
import type { HostFunctions } from './imports.ts';
import type { Vm } from './vm.ts';

export function sharedCalls(vm: Vm): HostFunctions {
  const { host, plugin } = vm;
  const given = (value: Uint8Array, dataOut: number, sizeOut: number): Status =>
    vm.memory.give(value, dataOut, sizeOut) ? Status.Ok : Status.InvalidMemoryAccess;
  return {
    proxy_get_shared_data: (key: number, keySize: number, dataOut: number, sizeOut: number, casOut: number) => {
      vm.active();
      const name = vm.memory.string(key, keySize);
      if (name === undefined) return Status.InvalidMemoryAccess;
      const found = host.shared.get(plugin.vmId, name);
      if (!found) return Status.NotFound;
      const status = given(found.value, dataOut, sizeOut);
      return status === Status.Ok && !vm.memory.setU32(casOut, found.cas) ? Status.InvalidMemoryAccess : status;
    },
    proxy_set_shared_data: (key: number, keySize: number, value: number, valueSize: number, cas: number) => {
      vm.active();
      const name = vm.memory.string(key, keySize);
      const bytes = vm.memory.bytes(value, valueSize);
      if (name === undefined || !bytes) return Status.InvalidMemoryAccess;
      return host.shared.set(plugin.vmId, name, bytes.slice(), cas >>> 0);
    },
    proxy_register_shared_queue: (name: number, nameSize: number, tokenOut: number) => {
      vm.active();
      const text = vm.memory.string(name, nameSize);
      if (text === undefined) return Status.InvalidMemoryAccess;
      const token = host.queues.register(plugin.vmId, text, (ready) =>
        vm.invoke(vm.root, vm.callbacks.onQueueReady, ready),
      );
      return vm.memory.setU32(tokenOut, token) ? Status.Ok : Status.InvalidMemoryAccess;
    },
    proxy_resolve_shared_queue: (vmId: number, vmIdSize: number, name: number, nameSize: number, tokenOut: number) => {
      vm.active();
      const owner = vm.memory.string(vmId, vmIdSize);
      const text = vm.memory.string(name, nameSize);
      if (owner === undefined || text === undefined) return Status.InvalidMemoryAccess;
      const token = host.queues.resolve(owner || plugin.vmId, text);
      if (token === undefined) return Status.NotFound;
      return vm.memory.setU32(tokenOut, token) ? Status.Ok : Status.InvalidMemoryAccess;
    },
    proxy_dequeue_shared_queue: (token: number, dataOut: number, sizeOut: number) => {
      vm.active();
      const item = host.queues.dequeue(token);
      return typeof item === 'number' ? item : given(item, dataOut, sizeOut);
    },
    proxy_enqueue_shared_queue: (token: number, pointer: number, size: number) => {
      vm.active();
      const bytes = vm.memory.bytes(pointer, size);
      if (!bytes) return Status.InvalidMemoryAccess;
      const tell = host.queues.enqueue(token, bytes.slice());
      if (!tell) return Status.NotFound;
      vm.afterCall(tell);
      return Status.Ok;
    },
  };
}
