/** The gateway's processes, seen from outside. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

/** The pids of this process's workerd children that are not defunct. */
export function children(): number[] {
  const lines = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,comm=,stat='], { encoding: 'utf8' });
  return lines
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, command, state]) => command === 'workerd' && !state?.startsWith('Z'))
    .map(([pid]) => Number(pid));
}

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('it did not happen within 5 s');
}
