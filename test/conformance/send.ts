/** Raw HTTP/1.1 requests, so that no client library normalises the path, folds headers or follows anything. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { CapturedRequest } from './case.ts';

export interface Answer {
  status: number;
  /** Names in lower case, in the order received. */
  headers: [name: string, value: string][];
  body: string;
}

const TIMEOUT_MS = 25_000;

/** Sends `request` to a local port; undefined when the connection was closed without an answer. */
export function send(request: CapturedRequest, port: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = open(request, port, () => socket.write(wireForm(request)));
    const done = (): void => resolve(parseAnswer(Buffer.concat(chunks), request.method ?? 'GET'));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', done);
    socket.on('close', done);
  });
}

function open(request: CapturedRequest, port: number, connected: () => void): Socket {
  const address = { host: '127.0.0.1', port, localAddress: request.source_ip ?? '127.0.0.2' };
  if (request.scheme !== 'https') return connectTcp(address, connected);
  const servername = request.sni ?? String(request.host ?? '').split(':')[0];
  return connectTls({ ...address, rejectUnauthorized: false, ...(servername && { servername }) }, connected);
}

function wireForm({ method, path, host, headers, body }: CapturedRequest): Buffer {
  const lines = [`${method ?? 'GET'} ${path ?? '/'} HTTP/1.1`];
  if (host !== null && host !== undefined) lines.push(`host: ${host}`);
  lines.push('connection: close');
  const pairs = Object.entries(headers ?? {}).flatMap(([name, value]) => [value].flat().map((line) => [name, line]));
  for (const [name, value] of pairs) lines.push(`${name}: ${value}`);
  const content = body === undefined ? Buffer.alloc(0) : Buffer.from(String(body));
  const hasLength = pairs.some(([name]) => name?.toLowerCase() === 'content-length');
  if (body !== undefined && !hasLength) lines.push(`content-length: ${content.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
}

/** Undefined for anything that is not a whole head of an answer. */
export function parseAnswer(raw: Buffer, method: string): Answer | undefined {
  const cut = raw.indexOf('\r\n\r\n');
  if (cut < 0) return undefined;
  const rest = raw.subarray(cut + 4);
  // An interim answer (1xx) is followed by the real one.
  if (/^HTTP\/1\.1 1\d\d /.test(raw.subarray(0, 13).toString('latin1'))) return parseAnswer(rest, method);
  const [first = '', ...lines] = raw.subarray(0, cut).toString('latin1').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const chunked = headers.some(([name, value]) => name === 'transfer-encoding' && /chunked/i.test(value));
  const body = method === 'HEAD' ? '' : (chunked ? dechunk(rest) : rest).toString('utf8');
  return { status: Number(first.split(' ')[1]), headers, body };
}

function dechunk(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = lineEnd < 0 ? 0 : Number.parseInt(raw.subarray(at, lineEnd).toString(), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
