/** Fetches the modules that a configuration names, before it is compiled; verified, kept, never in a request's path. */
import { gunzipSync } from 'node:zlib';
import type { ModuleReference } from '../../control-api/compile/processor.ts';
import { referenceOf } from '../../control-api/compile/wasm-plugin.ts';
import type { Resource } from '../../control-api/resources/resource.ts';
import type { WasmPluginSpec } from '../../control-api/resources/types.gen.ts';
import { type Credentials, credentialsIn, storedCredentials } from '../oci/credentials.ts';
import { pluginLayer, pluginOf } from '../oci/image.ts';
import { parseReference } from '../oci/reference.ts';
import { Registry } from '../oci/registry.ts';
import { cachedFile, digest, keep, type ModuleStore } from './store.ts';

const TIMEOUT_MS = 30_000;
/** What Istio's agent takes at most. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Fetches what is not there yet, all at once; what fails is said to the store, which says it to the compiler. */
export async function fetchModules(resources: readonly Resource[], store: ModuleStore): Promise<void> {
  const wanted = resources.flatMap((resource) => {
    const reference = referenceIn(resource);
    return reference ? [{ reference, resource }] : [];
  });
  await Promise.all(
    wanted.map(async ({ reference, resource }) => {
      if (cachedFile(reference) && !reference.always) return;
      try {
        const bytes = await fetchModule(reference, credentialsFor(reference, resource, resources));
        verify(bytes, reference);
        keep(reference.url, bytes);
      } catch (error) {
        store.fail(reference.url, reasonOf(error));
      }
    }),
  );
}

function referenceIn({ kind, group, spec }: Resource): ModuleReference | undefined {
  if (group !== 'extensions.istio.io') return undefined;
  const wasm = (kind === 'WasmPlugin' ? spec : spec.wasm) as WasmPluginSpec | undefined;
  if (!wasm?.url || wasm.url.startsWith('file://')) return undefined;
  return referenceOf(wasm);
}

async function fetchModule(reference: ModuleReference, credentials: Credentials | undefined): Promise<Uint8Array> {
  return reference.url.startsWith('oci://') ? pull(reference.url, credentials) : download(reference.url);
}

export async function pull(url: string, credentials: Credentials | undefined): Promise<Uint8Array> {
  const registry = new Registry(parseReference(url), credentials);
  const { manifest } = await registry.manifest();
  const layer = pluginLayer(manifest);
  if (!layer) throw new Error('the image has no layer');
  return pluginOf(layer, await registry.blob(layer.digest));
}

/** The module itself, or gzipped. */
async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return bytes[0] === 0x1f && bytes[1] === 0x8b
    ? new Uint8Array(gunzipSync(bytes, { maxOutputLength: MAX_BYTES }))
    : bytes;
}

function verify(bytes: Uint8Array, { sha256, url }: ModuleReference): void {
  if (bytes.length > MAX_BYTES) throw new Error(`it has ${bytes.length} bytes`);
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw new Error('it is not a WebAssembly module');
  // An image's sha256 may also be that of its manifest, which the pull has checked when the URL names it.
  if (sha256 && digest(bytes) !== sha256 && !url.includes(`@sha256:${sha256}`))
    throw new Error(`its digest is ${digest(bytes)}, not ${sha256}`);
}

/** imagePullSecret: a Secret of type dockerconfigjson among the resources; else what docker login has left. */
function credentialsFor({ url, pullSecret }: ModuleReference, owner: Resource, all: readonly Resource[]) {
  if (!url.startsWith('oci://')) return undefined;
  const { registry } = parseReference(url);
  const secret = all.find(
    ({ kind, metadata }) =>
      kind === 'Secret' && metadata.name === pullSecret && metadata.namespace === owner.metadata.namespace,
  );
  const text = secret && dockerConfigOf(secret.spec);
  return text ? credentialsIn(text, registry) : storedCredentials(registry);
}

function dockerConfigOf(spec: Record<string, unknown>): string | undefined {
  const { data, stringData } = spec as Record<'data' | 'stringData', Record<string, string> | undefined>;
  const encoded = data?.['.dockerconfigjson'];
  return stringData?.['.dockerconfigjson'] ?? (encoded && Buffer.from(encoded, 'base64').toString('utf8'));
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error };
  return cause?.message ? `${message} (${cause.message})` : message;
}
