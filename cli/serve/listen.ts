/**
 * Listening sockets that this process owns and its workerd children accept on. A thread opens each one and then blocks for
 * ever, so that nobody in this process accepts a connection: Node has no call that listens without accepting.
 */

import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';
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

export interface Wanted {
  host: string;
  /** 0: the system chooses. */
  port: number;
  /** Another socket of ours listens there already; who of them gets a connection is up to the kernel (steering.ts). */
  beside: boolean;
}

/** Opens a socket for workerd. Throws a CommandError (1) when the address is taken or not ours. */
export async function listen(wanted: Wanted): Promise<ListeningSocket> {
  // A thread strips types by itself, or not at all; it takes few of a process's other options.
  const execArgv = ['--disable-warning=ExperimentalWarning', '--import', new URL('../types.mjs', import.meta.url).href];
  const thread = new Worker(import.meta.filename, { workerData: wanted, execArgv });
  const answer = await new Promise<Answer>((resolve) => thread.once('message', resolve));
  thread.unref();
  if ('error' in answer) throw cannotListen(wanted, answer.error);
  return { ...answer, close: async () => void (await thread.terminate()) };
}

export const cannotListen = ({ host, port }: Wanted, why: string): CommandError =>
  new CommandError(`cannot listen on ${host}:${port}: ${why}`, EXIT.failed);

/** Linux alone can have several sockets on one address and say which of them gets a connection. */
const reusePort = process.platform === 'linux';

/** Has `server` listen; gives its socket. Rejects with the system's error. */
export async function listenWith(
  server: Server,
  { host, port, beside }: Wanted,
): Promise<{ fd: number; port: number }> {
  // An address that may be shared never counts as taken, so it is tried by itself first.
  const free = reusePort && !beside ? await tried(host, port) : port;
  await started(server, { host, port: free, reusePort, backlog: 4096 });
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  return { fd, port: portOf(server) };
}

async function tried(host: string, port: number): Promise<number> {
  const server = createServer();
  await started(server, { host, port });
  const found = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return found;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function started(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function hold(wanted: Wanted): Promise<void> {
  try {
    parentPort?.postMessage(await listenWith(createServer(), wanted));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  } catch (error) {
    parentPort?.postMessage({ error: (error as Error).message });
  }
}

if (!isMainThread && workerData?.port !== undefined) void hold(workerData);
