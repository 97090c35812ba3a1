/** Fetches the modules that a configuration names, before it is compiled; verified, kept, never in a request's path. */
import type { ModuleReference } from '../../control-api/compile/processor.ts';
import { referenceOf } from '../../control-api/compile/wasm-plugin.ts';
import { fetchModule, reasonOf } from '../../control-api/modules/fetch.ts';
import { type Credentials, credentialsIn } from '../../control-api/modules/oci/credentials.ts';
import { parseReference } from '../../control-api/modules/oci/reference.ts';
import type { Resource } from '../../control-api/resources/resource.ts';
import type { WasmPluginSpec } from '../../control-api/resources/types.gen.ts';
import { storedCredentials } from '../oci/credentials.ts';
import { cachedFile, keep, type ModuleStore } from './store.ts';

/** Fetches what is not there yet, all at once; what fails is said to the store, which says it to the compiler. */
export async function fetchModules(resources: readonly Resource[], store: ModuleStore): Promise<void> {
  const wanted = resources.flatMap((resource) => {
    const reference = referenceIn(resource);
    return reference ? [{ reference, resource }] : [];
  });
  await Promise.all(
    wanted.map(({ reference, resource }) =>
      fetchOne(reference, dockerConfigFor(reference, resource, resources), store),
    ),
  );
}

/** The same for one; `dockerConfig` is that of its imagePullSecret. */
export async function fetchOne(
  reference: ModuleReference,
  dockerConfig: string | undefined,
  store: ModuleStore,
): Promise<void> {
  if (reference.url.startsWith('file://') || (cachedFile(reference) && !reference.always)) return;
  try {
    keep(reference.url, await fetchModule(reference, credentialsFor(reference, dockerConfig)));
  } catch (error) {
    store.fail(reference.url, reasonOf(error));
  }
}

function referenceIn({ kind, group, spec }: Resource): ModuleReference | undefined {
  if (group !== 'extensions.istio.io') return undefined;
  const wasm = (kind === 'WasmPlugin' ? spec : spec.wasm) as WasmPluginSpec | undefined;
  return wasm?.url ? referenceOf(wasm) : undefined;
}

/** imagePullSecret: a Secret of type dockerconfigjson; without one what docker login has left. */
function credentialsFor({ url }: ModuleReference, dockerConfig: string | undefined): Credentials | undefined {
  if (!url.startsWith('oci://')) return undefined;
  const { registry } = parseReference(url);
  return dockerConfig === undefined ? storedCredentials(registry) : credentialsIn(dockerConfig, registry);
}

function dockerConfigFor({ pullSecret }: ModuleReference, owner: Resource, all: readonly Resource[]) {
  const secret = all.find(
    ({ kind, metadata }) =>
      kind === 'Secret' && metadata.name === pullSecret && metadata.namespace === owner.metadata.namespace,
  );
  return secret && dockerConfigOf(secret.spec);
}

function dockerConfigOf(spec: Record<string, unknown>): string | undefined {
  const { data, stringData } = spec as Record<'data' | 'stringData', Record<string, string> | undefined>;
  const encoded = data?.['.dockerconfigjson'];
  return stringData?.['.dockerconfigjson'] ?? (encoded && Buffer.from(encoded, 'base64').toString('utf8'));
}
