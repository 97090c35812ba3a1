/** Requests of the tests: plain or over TLS, with a connection of their own, each with an end in sight. */
import http from 'node:http';
import https from 'node:https';

export interface Answer {
  status: number;
  body: string;
  headers: http.IncomingHttpHeaders;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** What the client shows; `{}`: TLS without a certificate. */
  tls?: { cert?: Buffer; key?: Buffer };
}

const DEADLINE_MS = 20_000;

/** Rejects when the connection ends without an answer. */
export function get(port: number, path: string, { method = 'GET', headers, body, tls }: Ask = {}): Promise<Answer> {
  const options = {
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: { host: 'shop.example.com', ...headers },
    agent: false,
    timeout: DEADLINE_MS,
  } as const;
  return new Promise((resolve, reject) => {
    const take = (response: http.IncomingMessage) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
      response.on('error', reject);
      response.on('close', () => reject(new Error('the answer was cut off')));
    };
    const request = tls
      ? https.request({ ...options, ...tls, rejectUnauthorized: false }, take)
      : http.request(options, take);
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(body);
  });
}

/**
 * The same, and once more when the connection was closed before the answer began, as HTTP clients do (RFC 9112, 9.3.1).
 * `again`: that happened.
 */
export async function persistentGet(
  port: number,
  path: string,
  ask?: Ask,
): Promise<{ status: number; again: boolean }> {
  const first = await get(port, path, ask).catch(() => undefined);
  if (first) return { status: first.status, again: false };
  const { status } = await get(port, path, ask).catch(() => ({ status: 0 }));
  return { status, again: true };
}
