/** One request on a connection of its own, settled whatever the peer does: tests kill the processes that they ask. */
import { type IncomingHttpHeaders, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Question extends RequestOptions {
  /** Over TLS, with what the client shows; `{}`: without a certificate. The server's is not looked at. */
  tls?: { cert?: Buffer; key?: Buffer };
}

const SILENCE_MS = 20_000;

/** To 127.0.0.1 unless told otherwise. Rejects when the answer breaks off, or when nothing comes for 20 s. */
export function ask({ tls, ...question }: Question, body?: string | Buffer): Promise<Answered> {
  const options = { host: '127.0.0.1', agent: false, timeout: SILENCE_MS, ...question } as const;
  const secure = tls && { ...options, ...tls, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const outgoing = secure ? requestSecure(secure) : requestPlain(options);
    outgoing.on('response', (answer) => {
      const { statusCode: status = 0, headers } = answer;
      text(answer).then((whole) => resolve({ status, headers, body: whole }), reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject).end(body);
  });
}
