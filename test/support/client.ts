/** Requests to `shop.example.com` at a gateway on 127.0.0.1. */
import { type Answered, ask, type Question } from './ask.ts';

export interface Ask extends Pick<Question, 'method' | 'tls'> {
  headers?: Record<string, string>;
  body?: string;
}

/** Rejects when the connection ends without an answer. */
export function get(port: number, path: string, { headers, body, ...options }: Ask = {}): Promise<Answered> {
  return ask({ port, path, headers: { host: 'shop.example.com', ...headers }, ...options }, body);
}

/**
 * The same, and once more when the connection was closed before the answer began, as HTTP clients do (RFC 9112, 9.3.1).
 * `again`: that happened.
 */
export async function persistentGet(
  port: number,
  path: string,
  options?: Ask,
): Promise<{ status: number; again: boolean }> {
  const first = await get(port, path, options).catch(() => undefined);
  if (first) return { status: first.status, again: false };
  const { status } = await get(port, path, options).catch(() => ({ status: 0 }));
  return { status, again: true };
}
