/** An upstream that tells what it got and answers as it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bodyPieces, headerLines, Lines, type ResponseInit, type SeenRequest } from '../messages.ts';

export type Upstream = (request: SeenRequest) => ResponseInit | Promise<ResponseInit>;

/** Between two pieces of a body, so that they arrive as two. */
const PAUSE_MS = 150;

/** On a free port of 127.0.0.1; it does not keep the process from ending. */
export function serveUpstream(answer: Upstream): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = new Uint8Array(Buffer.concat(chunks));
      void Promise.resolve(answer(describe(request, bytes))).then((init) => write(response, init));
    });
  });
  server.unref();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as { port: number }).port }));
  });
}

/** Node shows bytes as Latin-1. */
const asUtf8 = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');

function describe(request: IncomingMessage, bytes: Uint8Array): SeenRequest {
  const lines: [string, string][] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    lines.push([(request.rawHeaders[i] as string).toLowerCase(), asUtf8(request.rawHeaders[i + 1] as string)]);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    authority: request.headers.host ?? '',
    headers: new Lines(lines.filter(([name]) => name !== 'host')),
    body: new TextDecoder().decode(bytes),
    bytes,
  };
}

async function write(response: ServerResponse, { status, headers, body }: ResponseInit): Promise<void> {
  response.sendDate = false;
  const pieces = bodyPieces(body);
  const lines = headerLines(headers);
  if (pieces.length === 1 && !lines.some(([name]) => name === 'transfer-encoding'))
    lines.push(['content-length', String(pieces[0]?.length)]);
  response.writeHead(status ?? 200, lines.flat());
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    response.write(piece);
  }
  response.end();
}
