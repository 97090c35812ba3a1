/** Certificates by credentialName: Secrets of the control API, and for names that have none there the files of --certs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Credential } from '../../control-api/store/credentials.ts';

/** Kubernetes names only: a credentialName must not lead out of the folder. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** PEM texts. */
interface Pair {
  certificate: string;
  key: string;
}

export class Credentials {
  /** --certs */
  readonly folder: string | undefined;
  /** Counts up whenever a certificate may be another one. */
  version = 0;
  #secrets: ReadonlyMap<string, Credential> = new Map();
  /** Pairs of files as they were when certificate and key last belonged together. */
  readonly #whole = new Map<string, Pair>();

  constructor(folder?: string) {
    this.folder = folder;
  }

  /** The API's Secrets as they are now; one that cannot be used leaves what was there before, as Envoy's SDS does. */
  learn(secrets: readonly Credential[]): void {
    const usable = secrets.map((secret) => (isUsable(secret) ? secret : this.#secrets.get(secret.name)));
    const next = new Map(usable.flatMap((secret) => (secret ? [[secret.name, secret] as const] : [])));
    if (JSON.stringify([...next]) !== JSON.stringify([...this.#secrets])) this.version++;
    this.#secrets = next;
  }

  /** Files of --certs have changed. */
  filesChanged(): void {
    this.version++;
  }

  /** A server's pair, or what an upstream is shown. */
  pair(name: string): Pair | undefined {
    const { certificate, key } = this.#secrets.get(name) ?? {};
    if (certificate && key) return { certificate, key };
    return this.#filePair(name);
  }

  /** Files are written one after the other: until they belong together, what did so before is shown. */
  #filePair(name: string): Pair | undefined {
    const [certificate, key] = [this.#file(`${name}.crt`), this.#file(`${name}.key`)];
    if (certificate === undefined || key === undefined) return undefined;
    const pair = { certificate, key };
    if (mistakeOf(pair) === undefined) this.#whole.set(name, pair);
    return this.#whole.get(name) ?? pair;
  }

  /** Whose certificates are believed: of clients of a server, or of an upstream (whose file is `<name>.ca`). */
  authority(name: string, files: readonly string[]): string | undefined {
    const own = this.#secrets.get(`${name}-cacert`)?.ca ?? this.#secrets.get(name)?.ca;
    return own ?? files.map((file) => this.#file(file)).find((text) => text !== undefined);
  }

  #file(name: string): string | undefined {
    if (!this.folder || !NAME.test(name)) return undefined;
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }
}

function isUsable(secret: Credential): boolean {
  const why = mistakeOf(secret);
  if (why === undefined) return true;
  console.error(`bowsprit: the Secret ${secret.name} cannot be used for TLS (${why}); what was there before stays`);
  return false;
}

/** Throws nothing, and says nothing of the key. */
function mistakeOf({ certificate, key, ca }: Partial<Credential>): string | undefined {
  if (certificate === '' || key === '') return 'no PEM';
  try {
    createSecureContext({ cert: certificate, key, ca });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? 'no PEM';
  }
}
