/** One raw HTTP/1.1 exchange, so that nothing joins headers or pieces of a body on the way. */
import { connect } from 'node:net';
import { bodyPieces, headerLines, joined, Lines, type RequestInit } from '../messages.ts';

/** Between two pieces, so that they arrive as two. */
const PAUSE_MS = 150;
const TIMEOUT_MS = 10_000;

export interface RawResponse {
  status: number;
  headers: Lines;
  bytes: Uint8Array;
}

/** undefined: the connection was closed without an answer. */
export async function exchange(port: number, request: RequestInit): Promise<RawResponse | undefined> {
  const pieces = bodyPieces(request.body);
  const chunked = pieces.length > 1 && !announced(request);
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const chunks: Uint8Array[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  });
  socket.write(head(request, pieces));
  for (const piece of pieces) {
    if (!chunked) socket.write(piece);
    else {
      socket.write(`${piece.length.toString(16)}\r\n`);
      socket.write(piece);
      socket.write('\r\n');
    }
    if (pieces.length > 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  if (chunked) socket.write('0\r\n\r\n');
  await closed;
  return parse(joined(chunks));
}

const announced = ({ headers }: RequestInit): boolean =>
  headerLines(headers).some(([name]) => name === 'content-length');

function head(request: RequestInit, pieces: Uint8Array[]): string {
  const { method, path, authority, headers } = request;
  const lines = headerLines(headers);
  const toAnnounce = announced(request) ? 0 : pieces.length;
  if (toAnnounce === 1) lines.push(['content-length', String(pieces[0]?.length)]);
  if (toAnnounce > 1) lines.push(['transfer-encoding', 'chunked']);
  const first = `${method ?? (request.body === undefined ? 'GET' : 'POST')} ${path ?? '/'} HTTP/1.1`;
  const all = [first, `host: ${authority ?? 'example.com'}`, 'connection: close'];
  return `${[...all, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`;
}

function parse(raw: Uint8Array): RawResponse | undefined {
  const text = Buffer.from(raw).toString('latin1');
  const cut = text.indexOf('\r\n\r\n');
  if (cut < 0) return undefined;
  const [first = '', ...rest] = text.slice(0, cut).split('\r\n');
  const headers = new Lines(
    rest.map((line: string): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), Buffer.from(line.slice(colon + 1).trim(), 'latin1').toString('utf8')];
    }),
  );
  const body = raw.subarray(cut + 4);
  const chunked = /chunked/.test(headers.get('transfer-encoding') ?? '');
  return { status: Number(first.split(' ')[1]), headers, bytes: chunked ? dechunked(body) : body };
}

function dechunked(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('latin1');
  const pieces: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (end < 0 || !size) return joined(pieces);
    pieces.push(body.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}
