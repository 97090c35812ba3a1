/** What the control process asks of this process: to serve a Snapshot, and to fetch the Wasm modules that it names. */
import { fileURLToPath } from 'node:url';
import type { ModuleReference } from '../../control-api/compile/processor.ts';
import type { FetchedModule } from '../../control-api/store/wanted-modules.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { ModuleStore } from '../modules/store.ts';
import type { Gateways } from './control-link.ts';
import type { Gateway } from './gateway.ts';

export interface ControlGateways extends Gateways {
  /** The modules of file:// URLs as their files are now. */
  fetchFiles(): Promise<FetchedModule[]>;
}

/**
 * `isOurs` tells of a file:// URL whether the files of -f name it: whoever may only write objects must not choose local files.
 * `reading` is told which files modules are read from.
 */
export function controlGateways(
  gateway: Gateway,
  isOurs: (url: string) => boolean,
  reading: (files: readonly string[]) => void,
): ControlGateways {
  /** File by SHA-256, of every module that any Snapshot of this run has named. */
  const files = new Map<string, string>();
  const local = new Map<string, ModuleReference>();
  const gateways: ControlGateways = {
    learn: (secrets) => gateway.credentials.learn(secrets),
    serve: (snapshot) => gateway.roll(snapshot, filtersOf(snapshot, files)),
    stage: (snapshot, percent) => {
      const stable = gateway.generation?.snapshot;
      const filters = [...(stable ? filtersOf(stable, files) : []), ...filtersOf(snapshot, files)];
      return gateway.stage(snapshot, percent, new Map(filters));
    },
    unstage: () => gateway.unstage(),
    served: async () => (await gateway.generation?.served()) ?? [],
    fetch: async (references) => {
      const store = new ModuleStore();
      const { fetchOne } = await import('../modules/fetch.ts');
      await Promise.all(references.map(({ dockerConfig, ...reference }) => fetchOne(reference, dockerConfig, store)));
      const fetched = references.map(({ dockerConfig: _, ...reference }): FetchedModule => {
        const refused = isFile(reference) && !isOurs(reference.url);
        const loaded = refused
          ? { problem: 'a file:// URL is taken from the files of -f only' }
          : store.find(reference);
        if (!refused && isFile(reference)) local.set(`${reference.url} ${reference.sha256}`, reference);
        return { reference, loaded };
      });
      for (const [digest, file] of store.files) files.set(digest, file);
      if (references.some(isFile)) reading([...local.values()].map(({ url }) => fileURLToPath(url)));
      return fetched;
    },
    fetchFiles: () => gateways.fetch([...local.values()]),
  };
  return gateways;
}

const isFile = ({ url }: ModuleReference): boolean => url.startsWith('file://');

function filtersOf({ listeners }: Snapshot, files: ReadonlyMap<string, string>): Map<string, string> {
  const digests = listeners.flatMap(({ httpFilters }) =>
    httpFilters.flatMap(({ config }) => (config.kind === 'wasm' ? [config.sha256] : [])),
  );
  return new Map(digests.flatMap((digest) => (files.has(digest) ? [[digest, files.get(digest)!]] : [])));
}
