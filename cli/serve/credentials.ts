/** Certificates by credentialName: Secrets of the control API, for names that have none there those in the files of -f, then the files of --certs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Credential } from '../../control-api/resources/tls-secret.ts';

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
  /** Those of the API, and those in the files of -f. */
  readonly #secrets = { api: new Map<string, Credential>(), files: new Map<string, Credential>() };
  /** Pairs of files as they were when certificate and key last belonged together. */
  readonly #whole = new Map<string, Pair>();

  constructor(folder?: string) {
    this.folder = folder;
  }

  /** Secrets as they are now there; one that cannot be used leaves what was there before, as Envoy's SDS does. */
  learn(secrets: readonly Credential[], from: 'api' | 'files' = 'api'): void {
    const before = this.#secrets[from];
    const usable = secrets.map((secret) => (isUsable(secret) ? secret : before.get(secret.name)));
    const next = new Map(usable.flatMap((secret) => (secret ? [[secret.name, secret] as const] : [])));
    if (JSON.stringify([...next]) !== JSON.stringify([...before])) this.version++;
    this.#secrets[from] = next;
  }

  #secret(name: string): Credential | undefined {
    return this.#secrets.api.get(name) ?? this.#secrets.files.get(name);
  }

  /** Files of --certs have changed. */
  filesChanged(): void {
    this.version++;
  }

  /** Names that have a certificate in --certs. */
  fileNames(): string[] {
    if (!this.folder || !existsSync(this.folder)) return [];
    const files = new Set(readdirSync(this.folder));
    const names = [...files].flatMap((file) => (file.endsWith('.crt') ? [file.slice(0, -'.crt'.length)] : []));
    return names.filter((name) => files.has(`${name}.key`));
  }

  /** A server's pair, or what an upstream is shown. */
  pair(name: string): Pair | undefined {
    const { certificate, key } = this.#secret(name) ?? {};
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
    const own = this.#secret(`${name}-cacert`)?.ca ?? this.#secret(name)?.ca;
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
