/** Certificates by credentialName: Secrets of the control API, and for names that have none there the files of --certs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Credential } from '../../control-api/store/credentials.ts';

/** Kubernetes names only: a credentialName must not lead out of the folder. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

export class Credentials {
  /** --certs */
  readonly folder: string | undefined;
  /** Counts up whenever a certificate may be another one. */
  version = 0;
  #secrets: ReadonlyMap<string, Credential> = new Map();

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
  pair(name: string): { certificate: string; key: string } | undefined {
    const { certificate, key } = this.#secrets.get(name) ?? {};
    if (certificate && key) return { certificate, key };
    const [file, keyFile] = [this.#file(`${name}.crt`), this.#file(`${name}.key`)];
    return file !== undefined && keyFile !== undefined ? { certificate: file, key: keyFile } : undefined;
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

/** Throws nothing, and says nothing of the key. */
function isUsable({ name, certificate, key, ca }: Credential): boolean {
  try {
    createSecureContext({ cert: certificate, key, ca });
    return true;
  } catch (error) {
    const why = (error as { code?: string }).code ?? 'no PEM';
    console.error(`bowsprit: the Secret ${name} cannot be used for TLS (${why}); what was there before stays`);
    return false;
  }
}
