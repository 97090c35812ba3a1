/** A call to one of our own processes over its Unix socket. */
import { request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';

const TIMEOUT_MS = 5000;

interface CallOptions {
  body?: string | Uint8Array;
  /** 5 s unless told. */
  timeoutMs?: number;
}

/** Rejects when nobody listens, and with the message `timeout` when nothing comes in time. */
export function callSocket(
  socketPath: string,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  { body, timeoutMs = TIMEOUT_MS }: CallOptions = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, timeout: timeoutMs, headers: { host: 'admin' } }, (answer) => {
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject).end(body);
  });
}
