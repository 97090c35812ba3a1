/** An address where a connection is neither accepted nor refused: a stopped process whose queue of connections is full. */
import { spawn } from 'node:child_process';
import net from 'node:net';

export interface Silent {
  port: number;
  stop(): void;
}

const LISTEN = `const server = require('net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;

export async function startSilent(): Promise<Silent> {
  const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(String(await new Promise((resolve) => child.stdout.once('data', resolve))));
  child.kill('SIGSTOP');
  const sockets = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    child.kill('SIGKILL');
  };
  return { port, stop };
}
