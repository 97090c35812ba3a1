/** Everything wrangler needs to bundle a deployment: the Snapshot, its filters and an entry that joins them with the gateway. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { bundleWorker } from '../serve/bundle.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Where wrangler.toml's `main` points. */
export const DEPLOYMENT = join(ROOT, 'dist/deploy');

export interface DeploymentOptions {
  /** There is a Worker Loader: the gateway goes along once more, as text, for filters that are published later. */
  dynamic?: boolean;
  folder?: string;
}

/** Writes the deployment's sources; `filters` are files of Wasm modules by SHA-256. */
export async function writeDeployment(
  snapshot: Snapshot,
  filters: ReadonlyMap<string, string>,
  { dynamic = false, folder = DEPLOYMENT }: DeploymentOptions = {},
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const digests = [...filters.keys()].sort();
  for (const digest of digests) copyFileSync(filters.get(digest)!, join(folder, `${digest}.wasm`));
  writeFileSync(join(folder, 'snapshot.json'), JSON.stringify(snapshot));
  const gateway = relative(folder, join(ROOT, 'gateway'));
  const code = dynamic ? await writeDynamic(folder) : undefined;
  writeFileSync(join(folder, 'main.ts'), entry(digests, gateway, code));
}

/** The text of a dynamic worker; gives its digest. */
async function writeDynamic(folder: string): Promise<string> {
  const { file } = await bundleWorker('gateway/dynamic/entry.ts');
  const text = readFileSync(file);
  writeFileSync(join(folder, 'dynamic.txt'), text);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function entry(digests: readonly string[], gateway: string, dynamic: string | undefined): string {
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
  if (dynamic) {
    const code = `{ text, id: '${dynamic}' }`;
    lines.push("import text from './dynamic.txt';", `export { Outside } from '${gateway}/dynamic/outside.ts';`);
    lines.push(`export default deployed(snapshot as never, ${code});`, '');
  } else lines.push('export default deployed(snapshot as never);', '');
  return lines.join('\n');
}
