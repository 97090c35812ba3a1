/** Everything wrangler needs to bundle a deployment: the Snapshot, its filters and an entry that joins them with the gateway. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Snapshot } from '../../gateway/snapshot.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Where wrangler.toml's `main` points. */
export const DEPLOYMENT = join(ROOT, 'dist/deploy');

/** Writes the deployment's sources; `filters` are files of Wasm modules by SHA-256. */
export function writeDeployment(snapshot: Snapshot, filters: ReadonlyMap<string, string>, folder = DEPLOYMENT): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const digests = [...filters.keys()].sort();
  for (const digest of digests) copyFileSync(filters.get(digest)!, join(folder, `${digest}.wasm`));
  writeFileSync(join(folder, 'snapshot.json'), JSON.stringify(snapshot));
  writeFileSync(join(folder, 'main.ts'), entry(digests, relative(folder, join(ROOT, 'gateway'))));
}

function entry(digests: readonly string[], gateway: string): string {
  const lines = [
    `import { deployed } from '${gateway}/deployed.ts';`,
    "import snapshot from './snapshot.json';",
    ...digests.map((digest, index) => `import filter${index} from './${digest}.wasm';`),
    `export { CounterObject } from '${gateway}/ratelimit/counters/object.ts';`,
  ];
  if (digests.length > 0) {
    const table = digests.map((digest, index) => `'${digest}': filter${index}`).join(', ');
    lines.push(`import { registerModules } from '${gateway}/worker.ts';`, `registerModules({ ${table} });`);
  }
  lines.push('export default deployed(snapshot as never);', '');
  return lines.join('\n');
}
