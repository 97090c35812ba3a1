/** The requests of flows.test.ts and flows.peers.ts, with the filter that they go through. */
import { join } from 'node:path';
import { compileFilter } from '../../sdk/build/compile.ts';
import type { CallHandler, LoadOptions, RequestInit, ResponseInit } from '../../sdk/harness/index.ts';

export const REQUESTS: RequestInit[] = [
  { path: '/plain' },
  { path: '/plain', body: 'in one piece' },
  { path: '/plain', body: ['in ', 'pieces'] },
  { path: '/local' },
  { path: '/local', body: 'unread' },
  { path: '/localgo' },
  { path: '/localtwice' },
  { path: '/pause' },
  { path: '/pause', body: 'held back' },
  { path: '/two' },
  { path: '/calllocal' },
  { path: '/dead' },
  { path: '/unknown' },
  { path: '/slow' },
  { path: '/headers', headers: { 'x-gone': 'soon', 'x-stays': 'here' } },
  { path: '/upper', body: 'whole' },
  { path: '/upper', body: ['first ', 'second'] },
  { path: '/append', body: ['a', 'b'] },
  { path: '/drop', body: ['gone', 'too'] },
  { path: '/hold', body: ['one', 'two'] },
  { path: '/bodylocal', body: 'no' },
  { path: '/replylocal' },
  { path: '/respcall' },
  { path: '/respupper' },
  { path: '/status' },
  { path: '/grpc', method: 'POST', headers: { 'content-type': 'application/grpc' } },
  { path: '/local', method: 'POST', headers: { 'content-type': 'application/grpc' } },
];

export const ANSWER: ResponseInit = { status: 200, headers: { 'x-up': '1' }, body: 'from upstream' };

const clusters: Record<string, CallHandler> = {
  up: () => ({ status: 200, body: 'granted' }),
  dead: () => 'unreachable',
  slow: () => 'timeout',
};

export const OPTIONS: LoadOptions = { clusters, name: 'flows', logLevel: 'info', upstream: ANSWER };

export async function flowsModule(): Promise<Uint8Array<ArrayBuffer>> {
  return (await compileFilter(join(import.meta.dirname, 'flows/assembly/index.ts'))).wasm;
}

export const nameOf = ({ path, body, headers }: RequestInit): string =>
  `${path}${body ? ` with ${Array.isArray(body) ? 'pieces' : 'a body'}` : ''}${headers ? ' with headers' : ''}`;
