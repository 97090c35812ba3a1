/** Tells when one of the named files or folders changes. */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Editors and Kubernetes write a file in several steps; one change is told when it has been quiet for so long. */
const QUIET_MS = 100;

/**
 * Calls `changed` after each change. A file is watched through its folder, because editors replace files and a mounted
 * ConfigMap turns the link `..data`. Returns the function that ends watching.
 */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
  };
  const watchers = paths.filter((path) => path !== '-').map((path) => watchOne(path, later));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function watchOne(path: string, later: () => void): FSWatcher {
  if (statSync(path).isDirectory()) return watch(path, { recursive: true }, later);
  const own = new Set([basename(path), '..data']);
  return watch(dirname(path), (_event, name) => {
    if (name === null || own.has(name)) later();
  });
}
