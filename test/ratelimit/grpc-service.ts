/**
 * A rate-limit service over gRPC that remembers what it was asked, and says that descriptors with a value that begins with
 * `over` are over their limit.
 */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A descriptor as text: `key=value` for each entry, then `hits=` and `limit=` where they were sent. */
export type Asked = string;

export interface GrpcService {
  port: number;
  /** What was asked since the last call. */
  asked(): Asked[];
  stop(): void;
}

export async function startGrpcService(): Promise<GrpcService> {
  const asked: Asked[] = [];
  const server: Http2Server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream) => answer(stream, asked));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked.splice(0),
    stop: () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

function answer(stream: ServerHttp2Stream, asked: Asked[]): void {
  const chunks: Buffer[] = [];
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    const descriptors = fields(Buffer.concat(chunks).subarray(5)).filter(([field]) => field === 2);
    const texts = descriptors.map(([, value]) => descriptorText(value as Buffer));
    asked.push(...texts);
    const over = texts.some((text) => /=over/.test(text));
    // overall_code: OK = 1, OVER_LIMIT = 2.
    const message = Buffer.from([8, over ? 2 : 1]);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
  });
}

/** envoy.extensions.common.ratelimit.v3.RateLimitDescriptor. */
function descriptorText(descriptor: Buffer): string {
  const parts = fields(descriptor).map(([field, value]) => {
    if (field === 1) return texts(value as Buffer).join('=');
    const numbers = fields(value as Buffer).map(([, number]) => number);
    return field === 2 ? `limit=${numbers.join('/')}` : `hits=${numbers[0] ?? 0}`;
  });
  return parts.join(' ');
}

function texts(entry: Buffer): string[] {
  const byField = new Map(fields(entry).map(([field, value]) => [field, String(value)]));
  return [byField.get(1) ?? '', byField.get(2) ?? ''];
}

/** Protobuf's wire format: field numbers with varints as numbers and everything with a length as bytes. */
function fields(message: Buffer): [field: number, value: number | Buffer][] {
  const found: [number, number | Buffer][] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const number = varint();
    const isBytes = (tag & 7) === 2;
    found.push([tag >> 3, isBytes ? message.subarray(at, at + number) : number]);
    if (isBytes) at += number;
  }
  return found;
}
