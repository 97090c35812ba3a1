/** A client of the OCI distribution API (opencontainers/distribution-spec 1.1): pull and push of one image. */
import type { Credentials } from './credentials.ts';
import { type Blob, describe, digestOf, type Image, MANIFEST_TYPE, type Manifest } from './image.ts';
import { baseUrl, type Reference } from './reference.ts';

const ACCEPT = [
  MANIFEST_TYPE,
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const TIMEOUT_MS = 30_000;

/** The registry said no; `status` is its HTTP status. */
export class RegistryError extends Error {
  readonly code = 'BSP_REGISTRY';
  readonly exitCode = 1;
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class Registry {
  readonly #reference: Reference;
  readonly #credentials: Credentials | undefined;
  #authorization: string | undefined;

  constructor(reference: Reference, credentials?: Credentials) {
    this.#reference = reference;
    this.#credentials = credentials;
  }

  /** The manifest of the reference, an index resolved to its first image; checked against the digest where one is named. */
  async manifest(name = this.#reference.reference): Promise<{ manifest: Manifest; digest: string }> {
    const response = await this.#send('GET', `/manifests/${name}`, { headers: { accept: ACCEPT } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const digest = digestOf(bytes);
    if (name.startsWith('sha256:') && name !== digest) throw new RegistryError(502, `${name} came with other content`);
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
    const [first] = manifest.manifests ?? [];
    return first ? this.manifest(first.digest) : { manifest, digest };
  }

  async blob(digest: string): Promise<Uint8Array> {
    const response = await this.#send('GET', `/blobs/${digest}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (digestOf(bytes) !== digest) throw new RegistryError(502, `${digest} came with other content`);
    return bytes;
  }

  /** The digest of the manifest that is there afterwards. */
  async push({ manifest, blobs }: Image): Promise<string> {
    for (const blob of blobs) await this.#upload(blob);
    const { reference } = this.#reference;
    const headers = { 'content-type': manifest.mediaType };
    await this.#send('PUT', `/manifests/${reference}`, { headers, body: manifest.bytes });
    return describe(manifest).digest;
  }

  async #upload({ bytes }: Blob): Promise<void> {
    const digest = digestOf(bytes);
    if ((await this.#request('HEAD', `/blobs/${digest}`)).ok) return;
    const started = await this.#send('POST', '/blobs/uploads/');
    const location = new URL(started.headers.get('location') ?? '', started.url);
    location.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await this.#send('PUT', location.href, { headers, body: bytes });
  }

  async #send(method: string, path: string, init: Init = {}): Promise<Response> {
    const response = await this.#request(method, path, init);
    if (response.ok) return response;
    const { registry, repository } = this.#reference;
    const why = (await response.text()).slice(0, 300).trim();
    throw new RegistryError(response.status, `${registry}/${repository}: ${method} answered ${response.status} ${why}`);
  }

  /** A 401 says how to log in; then the request is made again. */
  async #request(method: string, path: string, init: Init = {}): Promise<Response> {
    const url = path.startsWith('http') ? path : `${baseUrl(this.#reference)}/${this.#reference.repository}${path}`;
    const attempt = () => fetch(url, this.#init(method, init));
    const first = await attempt();
    if (first.status !== 401 || this.#authorization) return first;
    this.#authorization = await this.#logIn(first.headers.get('www-authenticate') ?? '', method);
    return this.#authorization ? attempt() : first;
  }

  #init(method: string, { headers, body }: Init): RequestInit {
    return {
      method,
      headers: { ...headers, ...(this.#authorization && { authorization: this.#authorization }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    };
  }

  async #logIn(challenge: string, method: string): Promise<string | undefined> {
    const basic = this.#credentials && `Basic ${base64(this.#credentials)}`;
    if (/^basic/i.test(challenge)) return basic;
    const fields = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    if (!fields.realm) return undefined;
    const url = new URL(fields.realm);
    if (fields.service) url.searchParams.set('service', fields.service);
    const actions = method === 'GET' ? 'pull' : 'pull,push';
    url.searchParams.set('scope', `repository:${this.#reference.repository}:${actions}`);
    const response = await fetch(url, {
      headers: basic ? { authorization: basic } : {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
    return `Bearer ${token ?? access_token}`;
  }
}

interface Init {
  headers?: Record<string, string>;
  body?: Uint8Array;
}

const base64 = ({ username, password }: Credentials): string =>
  Buffer.from(`${username}:${password}`).toString('base64');
