/**
 * The 45 functions of wasi_snapshot_preview1 that Envoy has, with its answers: there is no file system, standard output
 * is the log, and the clock, random bytes and the environment (vmConfig.env) work (proxy-wasm-cpp-host, exports.cc).
 */
import type { LogLevel } from './abi.ts';
import type { HostFunctions } from './imports.ts';
import type { Vm } from './vm.ts';

const Errno = { Success: 0, Badf: 8, Fault: 21, Inval: 28, Noent: 44, Nosys: 52, Notdir: 20, Notsup: 58 } as const;
const MAX_RANDOM = 64 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const always = (errno: number) => () => errno;
/** Descriptors 1 and 2 exist, no other does. */
const standard = (errno: number) => (fd: number) => (fd === 1 || fd === 2 ? errno : Errno.Badf);

export function wasiCalls(vm: Vm): HostFunctions {
  const written = (ok: boolean): number => (ok ? Errno.Success : Errno.Fault);
  return {
    ...fileCalls(),
    ...environmentCalls(vm),
    fd_write: (fd: number, vectors: number, count: number, out: number) => write(vm, fd, vectors, count, out),
    fd_pwrite: (fd: number, vectors: number, count: number, _offset: bigint, out: number) =>
      write(vm, fd, vectors, count, out),
    fd_fdstat_get: (fd: number, out: number) => {
      if (fd !== 1 && fd !== 2) return Errno.Badf;
      const stat = new Uint8Array(24);
      stat[8] = 64;
      vm.memory.setBytes(out, stat);
      return Errno.Success;
    },
    fd_tell: (fd: number, out: number) => (fd === 1 || fd === 2 ? written(vm.memory.setU64(out, 0n)) : Errno.Badf),
    fd_readdir: (_fd: number, _buffer: number, _length: number, _cookie: bigint, out: number) =>
      vm.memory.setU32(out, 0) ? Errno.Notdir : Errno.Fault,
    clock_time_get: (clock: number, _precision: bigint, out: number) => {
      if (clock > 1) return Errno.Notsup;
      const ms = clock === 0 ? vm.host.nowMs() : vm.host.monotonicMs();
      return written(vm.memory.setU64(out, BigInt(Math.round(ms * 1e6))));
    },
    clock_res_get: (clock: number, out: number) => (clock > 1 ? Errno.Notsup : written(vm.memory.setU64(out, 1n))),
    random_get: (pointer: number, size: number) => {
      if (size >>> 0 > MAX_RANDOM) return Errno.Inval;
      const bytes = vm.memory.bytes(pointer, size);
      if (!bytes) return Errno.Fault;
      vm.host.random(bytes);
      return Errno.Success;
    },
    poll_oneoff: (_in: number, _out: number, _count: number, eventsOut: number) =>
      written(vm.memory.setU32(eventsOut, 0)),
    sched_yield: always(Errno.Success),
    proc_exit: () => undefined,
  };
}

function fileCalls(): HostFunctions {
  return {
    fd_read: always(Errno.Nosys),
    fd_pread: always(Errno.Nosys),
    fd_seek: always(Errno.Success),
    fd_close: always(Errno.Success),
    fd_advise: always(Errno.Success),
    fd_fdstat_set_flags: always(Errno.Nosys),
    fd_prestat_get: always(Errno.Badf),
    fd_prestat_dir_name: always(Errno.Nosys),
    fd_filestat_get: always(Errno.Badf),
    fd_allocate: standard(Errno.Success),
    fd_datasync: standard(Errno.Success),
    fd_fdstat_set_rights: standard(Errno.Success),
    fd_filestat_set_size: standard(Errno.Success),
    fd_filestat_set_times: standard(Errno.Success),
    fd_sync: standard(Errno.Success),
    fd_renumber: standard(Errno.Notsup),
    path_open: always(Errno.Noent),
    path_create_directory: always(Errno.Notsup),
    path_filestat_get: always(Errno.Notsup),
    path_filestat_set_times: always(Errno.Notsup),
    path_link: always(Errno.Notsup),
    path_readlink: always(Errno.Notsup),
    path_remove_directory: always(Errno.Notsup),
    path_rename: always(Errno.Notsup),
    path_symlink: always(Errno.Notsup),
    path_unlink_file: always(Errno.Notsup),
    sock_accept: always(Errno.Notsup),
    sock_recv: always(Errno.Notsup),
    sock_send: always(Errno.Notsup),
    sock_shutdown: always(Errno.Notsup),
  };
}

function environmentCalls(vm: Vm): HostFunctions {
  const entries = Object.entries(vm.plugin.env).map(([name, value]) => encoder.encode(`${name}=${value}\0`));
  const sizes = (count: number, size: number) => (countOut: number, sizeOut: number) =>
    vm.memory.setU32(countOut, count) && vm.memory.setU32(sizeOut, size) ? Errno.Success : Errno.Fault;
  return {
    args_get: always(Errno.Success),
    args_sizes_get: sizes(0, 0),
    environ_sizes_get: sizes(
      entries.length,
      entries.reduce((sum, entry) => sum + entry.length, 0),
    ),
    environ_get: (pointers: number, buffer: number) => {
      let at = buffer;
      for (const [index, entry] of entries.entries()) {
        if (!vm.memory.setU32(pointers + index * 4, at) || !vm.memory.setBytes(at, entry)) return Errno.Fault;
        at += entry.length;
      }
      return Errno.Success;
    },
  };
}

/** Standard output is logged at info, standard error at error, each call one line. */
function write(vm: Vm, fd: number, vectors: number, count: number, writtenOut: number): number {
  const level: LogLevel | undefined = fd === 1 ? 'info' : fd === 2 ? 'error' : undefined;
  if (!level) return Errno.Badf;
  let text = '';
  let size = 0;
  for (let i = 0; i < count; i++) {
    const pointer = vm.memory.readU32(vectors + i * 8);
    const length = vm.memory.readU32(vectors + i * 8 + 4);
    if (pointer === undefined || length === undefined) return Errno.Fault;
    const bytes = vm.memory.bytes(pointer, length);
    if (!bytes) return Errno.Fault;
    text += decoder.decode(bytes);
    size += length;
  }
  if (text) vm.host.log(level, text.endsWith('\n') ? text.slice(0, -1) : text, vm.plugin);
  return vm.memory.setU32(writtenOut, size) ? Errno.Success : Errno.Fault;
}
