/** For `bowsprit dev`: filters whose sources are at hand are built before they are served, and again on every change. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadResources } from '../../control-api/resources/load.ts';
import type { WasmPluginSpec } from '../../control-api/resources/types.gen.ts';
import { readSources } from '../files.ts';
import { watchFiles } from '../serve/watch.ts';
import { build } from './build.ts';

/** The function that it resolves with ends the watching. A filter that does not compile is said, and stays as it was. */
export async function buildFilters(filename: readonly string[], namespace: string): Promise<() => void> {
  const folders = projectsIn(filename, namespace);
  await Promise.all(folders.filter(isStale).map(rebuild));
  const unwatch = folders.map((folder) => watchFiles([join(folder, 'assembly')], () => void rebuild(folder)));
  return () => {
    for (const end of unwatch) end();
  };
}

async function rebuild(folder: string): Promise<void> {
  await build(folder).catch((error: Error) => console.error(`${folder}: ${error.message}`));
}

/** Folders of the modules that the configuration names as PROJECT/build/NAME.wasm, where there is PROJECT/assembly. */
function projectsIn(filename: readonly string[], namespace: string): string[] {
  const { resources } = loadResources(readSources(filename), { namespace });
  const urls = resources.flatMap(({ group, kind, spec }) => {
    const wasm = (kind === 'WasmPlugin' ? spec : spec.wasm) as WasmPluginSpec | undefined;
    return group === 'extensions.istio.io' && wasm?.url?.startsWith('file://') ? [wasm.url] : [];
  });
  const places = urls.map((url) => dirname(fileURLToPath(url))).filter((folder) => basename(folder) === 'build');
  return [...new Set(places.map(dirname))].filter((folder) => existsSync(join(folder, 'assembly/index.ts')));
}

/** Not built yet, or before the last change. */
function isStale(folder: string): boolean {
  const newest = (part: string, ending: string): number => {
    const place = join(folder, part);
    const files = existsSync(place) ? readdirSync(place, { recursive: true, encoding: 'utf8' }) : [];
    const times = files.filter((file) => file.endsWith(ending)).map((file) => statSync(join(place, file)).mtimeMs);
    return Math.max(0, ...times);
  };
  return newest('build', '.wasm') < newest('assembly', '.ts');
}
