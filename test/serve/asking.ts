/** Clients of a gateway whose Worker is tiny-worker.ts. */
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { generate } from 'selfsigned';

export const ANY_PORT = { get: () => 0 } as unknown as ReadonlyMap<number, number>;
export const ENTRY = 'test/serve/tiny-worker.ts';
export const TLS = { mode: 'SIMPLE' as const, credentialName: 'test' };

export interface Shown {
  props: { port: number; server?: string };
  clientIp: string;
  snapshot: string;
  tlsClientAuth?: { certVerified: string; pem: string };
}

/** PEM texts, as Node's TLS clients take them. */
export interface ClientCertificate {
  key: string;
  cert: string;
}

export async function certificateOf(name: string): Promise<ClientCertificate> {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' });
  return { key: made.private, cert: made.cert };
}

export function collect(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.on('data', (part) => {
      text += part;
    });
    response.on('end', () => resolve(text)).on('error', reject);
  });
}

/** GET on a fresh connection, so that the answer comes from whoever accepts now. */
export function ask(port: number, path = '/', servername?: string, certificate?: ClientCertificate): Promise<Shown> {
  const options = { host: '127.0.0.1', port, path, agent: false, localAddress: '127.0.0.9' };
  return new Promise((resolve, reject) => {
    const done = (response: IncomingMessage): void =>
      void collect(response).then((text) => resolve(JSON.parse(text)), reject);
    const sent =
      servername === undefined
        ? getHttp(options, done)
        : getHttps({ ...options, ...certificate, servername, rejectUnauthorized: false }, done);
    sent.on('error', reject);
  });
}
