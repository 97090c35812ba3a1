/** An upstream that answers with scripted bytes, well-formed or not: the last part of the path names the script. */
import net from 'node:net';

const OK = 'HTTP/1.1 200 OK\r\n';

/** What is written once the request's head has come, and how the connection goes on: left open unless said. */
interface Script {
  bytes?: string;
  end?: 'close' | 'reset';
}

export const SCRIPTS: Record<string, Script> = {
  fine: { bytes: `${OK}content-length: 4\r\n\r\nfine` },
  close: { end: 'close' },
  reset: { end: 'reset' },
  garbage: { bytes: 'HELLO WORLD\r\n\r\n' },
  'bad-status': { bytes: 'HTTP/1.1 abc OK\r\n\r\n' },
  'bad-version': { bytes: 'HTTP/3.7 200 OK\r\ncontent-length: 0\r\n\r\n' },
  'bad-header': { bytes: `${OK}bad header\r\ncontent-length: 0\r\n\r\n` },
  'bad-name': { bytes: `${OK}ba d: x\r\ncontent-length: 0\r\n\r\n` },
  'nul-value': { bytes: `${OK}x-y: a\0b\r\ncontent-length: 0\r\n\r\n` },
  'big-headers': { bytes: `${OK}x-big: ${'b'.repeat(70_000)}\r\ncontent-length: 0\r\n\r\n` },
  'many-headers': {
    bytes: `${OK}${Array.from({ length: 150 }, (_, i) => `x-${i}: 1\r\n`).join('')}content-length: 0\r\n\r\n`,
  },
  'part-of-head': { bytes: `${OK}content-le`, end: 'close' },
  'part-of-head-reset': { bytes: `${OK}content-le`, end: 'reset' },
  'length-and-chunked': { bytes: `${OK}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n` },
  'bad-length': { bytes: `${OK}content-length: -4\r\n\r\nfour` },
  'two-lengths': { bytes: `${OK}content-length: 4\r\ncontent-length: 5\r\n\r\nfours` },
  'odd-encoding': { bytes: `${OK}transfer-encoding: odd\r\n\r\nfour`, end: 'close' },
  'part-of-body': { bytes: `${OK}content-length: 100\r\n\r\npart`, end: 'close' },
  'part-of-body-reset': { bytes: `${OK}content-length: 100\r\n\r\npart`, end: 'reset' },
  'part-of-chunks': { bytes: `${OK}transfer-encoding: chunked\r\n\r\n4\r\npart\r\n`, end: 'close' },
  'bad-chunk': { bytes: `${OK}transfer-encoding: chunked\r\n\r\n4\r\npart\r\nzz\r\n` },
  'until-close': { bytes: `${OK}\r\nall of it`, end: 'close' },
  'old-version': { bytes: 'HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\nfine', end: 'close' },
  'continue-first': { bytes: `HTTP/1.1 100 Continue\r\n\r\n${OK}content-length: 4\r\n\r\nfine` },
  'hints-first': { bytes: `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 4\r\n\r\nfine` },
  'switch-unasked': { bytes: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: odd\r\n\r\n' },
  'no-content': { bytes: 'HTTP/1.1 204 No Content\r\n\r\n' },
  'no-content-with-length': { bytes: 'HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\nfour' },
  'not-modified': { bytes: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\n' },
  'too-much': { bytes: `${OK}content-length: 4\r\n\r\nfine and more` },
  hang: {},
  'hang-in-body': { bytes: `${OK}content-length: 100\r\n\r\npart` },
};

export interface ScriptedServer {
  port: number;
  /** How often each path and query was asked for. */
  arrived: Map<string, number>;
  stop(): void;
}

export async function startScripted(): Promise<ScriptedServer> {
  const sockets = new Set<net.Socket>();
  const arrived = new Map<string, number>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const [, url = '', name = ''] = /^\S+ (\S*\/([\w-]+)\S*)/.exec(head) ?? [];
      head = '';
      arrived.set(url, (arrived.get(url) ?? 0) + 1);
      play(socket, SCRIPTS[name] ?? SCRIPTS.fine!);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    arrived,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The end comes a moment later, so that it is not taken in with the bytes. */
function play(socket: net.Socket, { bytes, end }: Script): void {
  if (bytes) socket.write(bytes, 'latin1');
  const finish = () => (end === 'reset' ? socket.resetAndDestroy() : socket.end());
  if (end) setTimeout(finish, bytes ? 30 : 0);
}
