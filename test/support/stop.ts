/** Ends a child process; one that has ended by itself is no wait for ever. */
import type { ChildProcess } from 'node:child_process';

const PATIENCE_MS = 30_000;

/** Resolves when it has exited; after 30 s it is killed. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  child.kill(signal);
  await ended;
  clearTimeout(late);
}
