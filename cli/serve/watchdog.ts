/**
 * Ends a gateway process that has stopped answering, so that a new one takes its place. workerd has no bound to the CPU of a
 * request: one that never ends holds its process, and with it every other request there.
 */
import { callSocket } from './unix-http.ts';
import type { Supervised } from './workerd.ts';

export interface WatchOptions {
  /** For people: `gateway process 0`. */
  title: string;
  /** Unix socket of the process's admin entrypoint. */
  socket: string;
  process: Supervised;
  /** How long it may be silent. */
  boundMs: number;
  replaced(): void;
}

/** How often a process that answers is asked. */
const PAUSE_MS = 1000;

/** Asks the process again and again until the returned function is called. */
export function watchProcess({ title, socket, process, boundMs, replaced }: WatchOptions): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const ask = async (): Promise<void> => {
    const silent = await callSocket(socket, 'GET', '/ping', { timeoutMs: boundMs }).then(
      () => false,
      // One that is not there is started again by whoever supervises it; only one that takes the question must answer.
      (error: Error) => error.message === 'timeout',
    );
    if (ended) return;
    if (silent) {
      console.error(`bowsprit: ${title} has not answered for ${boundMs / 1000} s: killed, a new one takes its place`);
      replaced();
      await process.replace();
    }
    timer = setTimeout(ask, PAUSE_MS).unref();
  };
  timer = setTimeout(ask, PAUSE_MS).unref();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
