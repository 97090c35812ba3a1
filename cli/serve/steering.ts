/**
 * Which of the sockets that listen on one address gets the next connection: the kernel asks a small program of ours (Linux,
 * SO_REUSEPORT with SO_ATTACH_REUSEPORT_CBPF, see socket(7)). Node has no call for that, so it goes through the C library.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';

const SOL_SOCKET = 1;
const SO_ATTACH_REUSEPORT_CBPF = 51;
/** The only instruction of the program: return the constant `k`, the number of the socket in order of listening. */
const BPF_RET_K = 0x06;

const Instruction = koffi.struct('sock_filter', { code: 'uint16', jt: 'uint8', jf: 'uint8', k: 'uint32' });
koffi.struct('sock_fprog', { len: 'uint16', filter: koffi.pointer(Instruction) });
const setsockopt = koffi
  .load(null)
  .func('int setsockopt(int fd, int level, int name, const sock_fprog *value, uint32 size)');

/** New connections go to the socket that was the `index`th to listen on the address of `fd`. False where the system cannot do that. */
export function steer(fd: number, index: number): boolean {
  const program = { len: 1, filter: [{ code: BPF_RET_K, jt: 0, jf: 0, k: index }] };
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, koffi.sizeof('sock_fprog')) === 0;
}

/** How many sockets listen on the address of `fd`, whosever they are. */
export function listenersBeside(fd: number): number {
  const inode = /\d+/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[0];
  const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'));
  const listening = rows.map((row) => row.trim().split(/\s+/)).filter(([, , , state]) => state === LISTEN);
  const own = listening.find((columns) => columns[INODE] === inode);
  return listening.filter(([, address]) => address === own?.[1]).length;
}

/** TCP_LISTEN and the column of the inode in /proc/net/tcp. */
const LISTEN = '0A';
const INODE = 9;
