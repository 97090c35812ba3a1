/** Fetches one Wasm module from where a WasmPlugin says, and makes sure that it is what was meant. Runs in Node and in workerd. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { ModuleReference } from '../compile/processor.ts';
import type { Credentials } from './oci/credentials.ts';
import { pluginLayer, pluginOf } from './oci/image.ts';
import { parseReference } from './oci/reference.ts';
import { Registry } from './oci/registry.ts';

const TIMEOUT_MS = 30_000;
/** What Istio's agent takes at most. */
const MAX_BYTES = 256 * 1024 * 1024;

export const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Rejects with what an operator should know: unreachable, refused, too large, not Wasm, another digest. */
export async function fetchModule(
  reference: ModuleReference,
  credentials?: Credentials,
  maxBytes = MAX_BYTES,
): Promise<Uint8Array> {
  const { url } = reference;
  const bytes = url.startsWith('oci://') ? await pull(url, credentials) : await download(url, maxBytes);
  verify(bytes, reference, maxBytes);
  return bytes;
}

export async function pull(url: string, credentials: Credentials | undefined): Promise<Uint8Array> {
  const registry = new Registry(parseReference(url), credentials);
  const { manifest } = await registry.manifest();
  const layer = pluginLayer(manifest);
  if (!layer) throw new Error('the image has no layer');
  return pluginOf(layer, await registry.blob(layer.digest));
}

/** The module itself, or gzipped. Redirects are followed. */
async function download(url: string, maxBytes: number): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answered ${response.status}`);
  }
  const bytes = await bodyOf(response, maxBytes);
  return bytes[0] === 0x1f && bytes[1] === 0x8b
    ? new Uint8Array(gunzipSync(bytes, { maxOutputLength: maxBytes }))
    : bytes;
}

/** Whatever length was announced, no more than `maxBytes` are taken. */
async function bodyOf(response: Response, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = new Error(`it has more than ${maxBytes} bytes`);
  if (Number(response.headers.get('content-length')) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge;
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > maxBytes) throw tooLarge;
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function verify(bytes: Uint8Array, { sha256, url }: ModuleReference, maxBytes: number): void {
  if (bytes.length > maxBytes) throw new Error(`it has ${bytes.length} bytes`);
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw new Error('it is not a WebAssembly module');
  // An image's sha256 may also be that of its manifest, which the pull has checked when the URL names it.
  if (sha256 && digest(bytes) !== sha256 && !url.includes(`@sha256:${sha256}`))
    throw new Error(`its digest is ${digest(bytes)}, not ${sha256}`);
}

export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error };
  return cause?.message ? `${message} (${cause.message})` : message;
}
