/** One request on a connection of its own, settled whatever the peer does: tests kill the processes that they ask. */
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const SILENCE_MS = 20_000;

/** To 127.0.0.1 unless told otherwise. Rejects when the answer breaks off, or when nothing comes for 20 s. */
export function ask(options: RequestOptions, body?: string | Buffer): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const defaults = { host: '127.0.0.1', agent: false, timeout: SILENCE_MS } as const;
    const outgoing = request({ ...defaults, ...options }, (answer) => {
      const { statusCode: status = 0, headers } = answer;
      text(answer).then((whole) => resolve({ status, headers, body: whole }), reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject).end(body);
  });
}
