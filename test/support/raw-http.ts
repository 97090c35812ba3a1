/** Raw HTTP/1.1 exchanges: nothing normalises a path, folds header lines or hides an odd answer. */
import net from 'node:net';

export interface RawAnswer {
  status: number;
  /** Lower-case names, in order, repeated lines apart. */
  headers: [string, string][];
  body: string;
}

/** Sends lines as they are (request line first, no final blank line) and reads until the connection closes. */
export function sendRaw(port: number, lines: readonly string[], body = ''): Promise<RawAnswer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(chunks))));
    socket.write(Buffer.from(`${[...lines, 'connection: close'].join('\r\n')}\r\n\r\n${body}`, 'latin1'));
  });
}

/** A GET with a Host, the usual case. */
export function get(port: number, host: string, path: string, headers: readonly string[] = []) {
  return sendRaw(port, [`GET ${path} HTTP/1.1`, `host: ${host}`, ...headers]);
}

export function headerOf(answer: RawAnswer | undefined, name: string): string | undefined {
  return answer?.headers.find(([key]) => key === name)?.[1];
}

function parseAnswer(raw: Buffer): RawAnswer | undefined {
  const end = raw.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = raw.subarray(0, end).toString('latin1').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const chunked = headers.some(([name, value]) => name === 'transfer-encoding' && value === 'chunked');
  const body = raw.subarray(end + 4);
  return { status: Number(first.split(' ')[1]), headers, body: (chunked ? unchunk(body) : body).toString('utf8') };
}

function unchunk(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at);
    const size = line < 0 ? 0 : Number.parseInt(body.subarray(at, line).toString(), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
