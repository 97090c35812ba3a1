/** The gateway's Worker as one JavaScript file: bundled by esbuild, kept until one of its sources changes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export interface Bundle {
  /** Absolute path of the bundled module. */
  file: string;
  /** Names that the entry exports: `default`, `Admin`, … */
  exports: string[];
}

interface CacheEntry extends Bundle {
  /** Every source with its time of change and size, as they were when it was bundled. */
  inputs: [file: string, mtimeMs: number, size: number][];
}

const ROOT = join(import.meta.dirname, '../..');

/**
 * Where things that can be made again are kept between runs: our own folder in the system's temporary one, nobody else's to
 * write. Throws when it belongs to another user, because what is kept there is executed.
 */
export function cacheFolder(): string {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `bowsprit-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = statSync(folder).uid;
  if (uid >= 0 && owner !== uid) throw new Error(`${folder} belongs to user ${owner}, not to us`);
  return folder;
}

/** Bundles `entry` (a path below the package's root, `gateway/worker.ts`) for workerd. */
export async function bundleWorker(entry: string): Promise<Bundle> {
  const name = createHash('sha256').update(join(ROOT, entry)).digest('hex').slice(0, 16);
  const record = join(cacheFolder(), `${name}.json`);
  if (existsSync(record)) {
    const cached = JSON.parse(readFileSync(record, 'utf8')) as CacheEntry;
    if (existsSync(cached.file) && cached.inputs.every(unchanged)) return cached;
  }
  const made = await build(entry, name);
  writeAtomically(record, JSON.stringify(made));
  return made;
}

function unchanged([file, mtimeMs, size]: CacheEntry['inputs'][number]): boolean {
  const now = statSync(file, { throwIfNoEntry: false });
  return now?.mtimeMs === mtimeMs && now.size === size;
}

async function build(entry: string, name: string): Promise<CacheEntry> {
  // Imported only here: loading esbuild costs more than a start from the cache.
  const esbuild = await import('esbuild');
  const result = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import', 'default'],
    target: 'es2024',
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'silent',
  });
  const code = result.outputFiles[0]!.text;
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const file = join(cacheFolder(), `${name}-${digest}.js`);
  writeAtomically(file, code);
  const inputs = Object.keys(result.metafile.inputs).map((input): CacheEntry['inputs'][number] => {
    const { mtimeMs, size } = statSync(join(ROOT, input));
    return [join(ROOT, input), mtimeMs, size];
  });
  return { file, exports: Object.values(result.metafile.outputs)[0]!.exports, inputs };
}

/** Several starts may write the same file at once: each writes its own and renames it. */
export function writeAtomically(file: string, content: string): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, content, { mode: 0o600 });
  renameSync(own, file);
}
