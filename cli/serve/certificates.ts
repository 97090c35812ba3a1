/** Server certificates: the user's, by credentialName, or a self-signed one that is made once and kept. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { cacheFolder, writeAtomically } from './bundle.ts';
import type { Credentials } from './credentials.ts';

/** PEM texts. */
export interface Certificate {
  key: string;
  certificate: string;
  /** The CA that client certificates must come from, for mutual TLS. */
  clientCa?: string;
  selfSigned: boolean;
}

/** The certificate for a Gateway's credentialName, and the clients' CA, which may have a name of its own. */
export async function certificateFor(
  name = 'bowsprit',
  credentials: Credentials,
  caName: string = name,
): Promise<Certificate> {
  const clientCa = credentials.authority(caName, [`${caName}.ca.crt`, `${caName}-cacert.crt`]);
  const ca = clientCa ? { clientCa } : {};
  const pair = credentials.pair(name);
  if (pair) return { ...pair, selfSigned: false, ...ca };
  return { ...(await selfSigned(name)), selfSigned: true, ...ca };
}

/**
 * The control API's own certificate for `host` and the loopback names, kept in `folder` so that a kubeconfig stays good over
 * restarts; made anew when it is about to expire or another host is served.
 */
export async function apiCertificate(folder: string, host: string): Promise<{ key: string; certificate: string }> {
  const file = join(folder, 'api-certificate.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ApiCertificate) : undefined;
  if (kept?.host === host && kept.expires > Date.now() + 30 * DAY) return kept;
  const expires = Date.now() + 825 * DAY;
  const made = { host, expires, ...(await serverCertificate(host, expires)) };
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}

interface ApiCertificate {
  host: string;
  expires: number;
  key: string;
  certificate: string;
}

async function serverCertificate(host: string, expires: number): Promise<{ key: string; certificate: string }> {
  const { generate } = await import('selfsigned');
  const addresses = ['127.0.0.1', '::1', ...(isIP(host) && host !== '0.0.0.0' ? [host] : [])];
  const names = ['localhost', ...(isIP(host) ? [] : [host])];
  const altNames = [
    ...names.map((value) => ({ type: 2 as const, value })),
    ...addresses.map((ip) => ({ type: 7 as const, ip })),
  ];
  const made = await generate([{ name: 'commonName', value: 'bowsprit control API' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(expires),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  return { key: made.private, certificate: made.cert };
}

const DAY = 24 * 60 * 60 * 1000;

/** Made once for each name and kept for a week, since a key must be made for every start otherwise. */
async function selfSigned(name: string): Promise<{ key: string; certificate: string }> {
  const week = Math.floor(Date.now() / (7 * DAY));
  const folder = join(cacheFolder(), 'certificates');
  const file = join(folder, `${createHash('sha256').update(`${name} ${week} sha256`).digest('hex').slice(0, 16)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + 30 * DAY),
  });
  const pair = { key: made.private, certificate: made.cert };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeAtomically(file, JSON.stringify(pair));
  return pair;
}
