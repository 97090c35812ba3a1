/** Server certificates: `<credentialName>.crt/.key` of the user, or a self-signed one that is made once and kept. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './bundle.ts';

/** PEM texts. */
export interface Certificate {
  key: string;
  certificate: string;
  /** The CA that client certificates must come from (`<credentialName>-cacert.crt` or `.ca.crt`), for mutual TLS. */
  clientCa?: string;
  selfSigned: boolean;
}

/** Kubernetes names only: a credentialName must not lead out of the folder. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** The certificate for a Gateway's credentialName; `folder` is --certs. */
export async function certificateFor(credentialName: string | undefined, folder?: string): Promise<Certificate> {
  const stem = folder && credentialName && NAME.test(credentialName) ? join(folder, credentialName) : undefined;
  const clientCa = stem && [`${stem}.ca.crt`, `${stem}-cacert.crt`].find((file) => existsSync(file));
  const ca = clientCa ? { clientCa: readFileSync(clientCa, 'utf8') } : {};
  if (stem && existsSync(`${stem}.crt`) && existsSync(`${stem}.key`)) {
    const [certificate, key] = [readFileSync(`${stem}.crt`, 'utf8'), readFileSync(`${stem}.key`, 'utf8')];
    return { certificate, key, selfSigned: false, ...ca };
  }
  return { ...(await selfSigned(credentialName ?? 'bowsprit')), selfSigned: true, ...ca };
}

const DAY = 24 * 60 * 60 * 1000;

/** Made once for each name and kept for a week, since a key must be made for every start otherwise. */
async function selfSigned(name: string): Promise<{ key: string; certificate: string }> {
  const week = Math.floor(Date.now() / (7 * DAY));
  const folder = join(cacheFolder(), 'certificates');
  const file = join(folder, `${createHash('sha256').update(`${name} ${week}`).digest('hex').slice(0, 16)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + 30 * DAY),
  });
  const pair = { key: made.private, certificate: made.cert };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(pair), { mode: 0o600 });
  return pair;
}
