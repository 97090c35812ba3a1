/** A call to one of our own processes over its Unix socket. */
import { request } from 'node:http';

const TIMEOUT_MS = 5000;

/** Rejects when nobody listens or nothing comes within 5 s. */
export function callSocket(
  socketPath: string,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  body?: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, timeout: TIMEOUT_MS, headers: { host: 'admin' } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject).end(body);
  });
}
