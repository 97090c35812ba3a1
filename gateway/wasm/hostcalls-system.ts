/** Log, clock, status, configuration (ABI 0.1.0) and ticks. */
import { LOG_LEVELS, Status } from './abi.ts';
import type { HostFunctions } from './imports.ts';
import type { Vm } from './vm.ts';

export function systemCalls(vm: Vm): HostFunctions {
  const { host, plugin } = vm;
  const done = (ok: boolean): Status => (ok ? Status.Ok : Status.InvalidMemoryAccess);
  return {
    // The one host call that is allowed while a module starts.
    proxy_log: (level: number, pointer: number, size: number) => {
      const name = LOG_LEVELS[level];
      if (!name) return Status.BadArgument;
      const message = vm.memory.string(pointer, size);
      if (message === undefined) return Status.InvalidMemoryAccess;
      if (level >= LOG_LEVELS.indexOf(host.logLevel)) host.log(name, message, plugin);
      return Status.Ok;
    },
    proxy_get_log_level: (out: number) => {
      vm.active();
      return done(vm.memory.setU32(out, LOG_LEVELS.indexOf(host.logLevel)));
    },
    proxy_get_status: (codeOut: number, messageOut: number, sizeOut: number) => {
      vm.active();
      return done(vm.memory.setU32(codeOut, 0) && vm.memory.give('', messageOut, sizeOut));
    },
    proxy_get_current_time_nanoseconds: (out: number) => {
      vm.active();
      return done(vm.memory.setU64(out, BigInt(host.nowMs()) * 1_000_000n));
    },
    proxy_set_tick_period_milliseconds: (period: number) => {
      vm.active();
      vm.tickPeriodMs = period >>> 0;
      return Status.Ok;
    },
    proxy_get_configuration: (out: number, sizeOut: number) => {
      const text = vm.active().configuring ? plugin.configuration : '';
      return done(vm.memory.give(text, out, sizeOut));
    },
  };
}
