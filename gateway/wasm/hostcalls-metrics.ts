/** proxy_define_metric and its kin. */
import { MAX_METRIC_TYPE, Status } from './abi.ts';
import type { HostFunctions } from './imports.ts';
import type { Vm } from './vm.ts';

export function metricCalls(vm: Vm): HostFunctions {
  const { metrics } = vm.host;
  return {
    proxy_define_metric: (type: number, name: number, nameSize: number, idOut: number) => {
      vm.active();
      const text = vm.memory.string(name, nameSize);
      if (text === undefined) return Status.InvalidMemoryAccess;
      if (type >>> 0 > MAX_METRIC_TYPE) return Status.BadArgument;
      return vm.memory.setU32(idOut, metrics.define(type, text)) ? Status.Ok : Status.InvalidMemoryAccess;
    },
    proxy_increment_metric: (id: number, offset: bigint) => {
      vm.active();
      return metrics.increment(id, offset);
    },
    proxy_record_metric: (id: number, value: bigint) => {
      vm.active();
      return metrics.record(id, Number(BigInt.asUintN(64, value)));
    },
    proxy_get_metric: (id: number, valueOut: number) => {
      vm.active();
      const value = metrics.read(id);
      if (typeof value !== 'number') return value.failed;
      return vm.memory.setU64(valueOut, BigInt(value)) ? Status.Ok : Status.InvalidMemoryAccess;
    },
  };
}
