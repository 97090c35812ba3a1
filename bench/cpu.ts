/** CPU time of a process, read from outside. */
import { readdirSync, readFileSync } from 'node:fs';

/** User and system, all threads that live, in microseconds; with its children, since a program may be started through a wrapper. */
export function cpuMicroseconds(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const own = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]));
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  const microseconds = own.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1_000;
  return children.reduce((sum, child) => sum + cpuMicroseconds(Number(child)), microseconds);
}

/** Resident memory in KiB. */
export function residentKiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
