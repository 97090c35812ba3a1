/**
 * Listening sockets that this process owns and its workerd children accept on. A thread opens each one and then blocks for
 * ever, so that nobody in this process accepts a connection: Node has no call that listens without accepting.
 */

import { createServer } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CommandError, EXIT } from '../exit.ts';

export interface ListeningSocket {
  /** Valid in the whole process; children inherit it. */
  fd: number;
  /** The local port, chosen by the system when 0 was asked for. */
  port: number;
  close(): Promise<void>;
}

type Answer = { fd: number; port: number } | { error: string };

/** Opens `host:port`. Throws a CommandError (1) when the address is taken or not ours. */
export async function listen(host: string, port: number): Promise<ListeningSocket> {
  const thread = new Worker(import.meta.filename, { workerData: { host, port } });
  const answer = await new Promise<Answer>((resolve) => thread.once('message', resolve));
  thread.unref();
  if ('error' in answer) throw new CommandError(`cannot listen on ${host}:${port}: ${answer.error}`, EXIT.failed);
  return { ...answer, close: async () => void (await thread.terminate()) };
}

function hold(address: { host: string; port: number }): void {
  const server = createServer();
  server.on('error', (error) => parentPort?.postMessage({ error: error.message }));
  server.listen({ ...address, backlog: 4096 }, () => {
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const bound = server.address() as { port: number };
    parentPort?.postMessage({ fd, port: bound.port });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}

if (!isMainThread && workerData?.port !== undefined) hold(workerData);
