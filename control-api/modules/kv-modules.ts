/**
 * Where no parent process fetches modules, on Cloudflare, the control API's own Worker does: when the configuration is applied, into
 * the Workers KV that gateways read. They are kept as they run, with their bounds, under the digest of what was given.
 */
import { moduleKey } from '../../gateway/dynamic/module-key.ts';
import { bounded } from '../../gateway/wasm/bounds/bounded.ts';
import type { LoadedModule } from '../compile/processor.ts';
import type { FetchedModule, WantedModule } from '../store/wanted-modules.ts';
import { digest, fetchModule, reasonOf } from './fetch.ts';
import { credentialsIn } from './oci/credentials.ts';
import { parseReference } from './oci/reference.ts';

export interface ModuleKv {
  put(key: string, value: ArrayBuffer): Promise<void>;
}

/** The largest value that Workers KV takes. */
const MAX_BYTES = 25 * 1024 * 1024;

/** Never rejects: what could not be had is said of each module. */
export function fetchInto(kv: ModuleKv, wanted: readonly WantedModule[]): Promise<FetchedModule[]> {
  return Promise.all(
    wanted.map(async ({ dockerConfig, ...reference }) => ({
      reference,
      loaded: await load(reference, dockerConfig, kv),
    })),
  );
}

async function load(
  reference: FetchedModule['reference'],
  dockerConfig: string | undefined,
  kv: ModuleKv,
): Promise<LoadedModule> {
  const { url } = reference;
  if (url.startsWith('file://'))
    return { problem: 'there are no files where this runs: give an https:// or oci:// URL' };
  try {
    const credentials = dockerConfig && credentialsIn(dockerConfig, parseReference(url).registry);
    const bytes = await fetchModule(reference, credentials || undefined, MAX_BYTES);
    const sha256 = digest(bytes);
    await kv.put(moduleKey(sha256), new Uint8Array(bounded(bytes)).buffer);
    return { sha256 };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}
