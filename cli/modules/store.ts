/**
 * Wasm modules on this machine, by URL: files as they are, and what was fetched, kept in the user's cache under the
 * digest. The compiler asks here; nothing is fetched here.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedModule, ModuleReference } from '../../control-api/compile/processor.ts';
import { digest } from '../../control-api/modules/fetch.ts';
import { BOUNDS_VERSION, bounded } from '../../gateway/wasm/bounds/bounded.ts';

/** Where modules are kept; BOWSPRIT_CACHE overrides. */
export function cacheFolder(): string {
  const folder =
    process.env.BOWSPRIT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bowsprit');
  const modules = join(folder, 'wasm');
  mkdirSync(modules, { recursive: true, mode: 0o700 });
  return modules;
}

/** One run's modules: what the compiler asked for, with the files of what it was given. */
export class ModuleStore {
  /** File by SHA-256, of everything that was found. */
  readonly files = new Map<string, string>();
  /** Paths of file:// modules, found or not: what to watch. */
  readonly sources = new Set<string>();
  /** Why a URL could not be fetched in this run. */
  readonly #problems = new Map<string, string>();
  readonly #offline: boolean;

  /** `offline`: what would have to be fetched is taken to be there, for commands that only look at a configuration. */
  constructor(options: { offline?: boolean } = {}) {
    this.#offline = options.offline ?? false;
  }

  find(reference: ModuleReference): LoadedModule {
    try {
      const isFile = reference.url.startsWith('file://');
      const file = isFile ? fileURLToPath(reference.url) : cachedFile(reference);
      if (isFile && file) this.sources.add(file);
      if (file === undefined && this.#offline) return { sha256: reference.sha256 };
      if (file === undefined) return { problem: this.#problems.get(reference.url) ?? 'it has not been fetched yet' };
      const bytes = readFileSync(file);
      const sha256 = digest(bytes);
      if (reference.sha256 && reference.sha256 !== sha256 && !reference.url.includes(`@sha256:${reference.sha256}`))
        return { problem: `its digest is ${sha256}, not ${reference.sha256}` };
      if (!WebAssembly.validate(bytes)) return { problem: 'it is not a WebAssembly module' };
      this.files.set(sha256, fileThatRuns(bytes, sha256));
      return { sha256 };
    } catch (error) {
      return { problem: (error as Error).message };
    }
  }

  fail(url: string, problem: string): void {
    this.#problems.set(url, problem);
  }
}

/** The file that runs: the module with bounds to its memory and work; its name stays the digest of what was given. */
function fileThatRuns(bytes: Uint8Array, sha256: string): string {
  const file = join(cacheFolder(), `${sha256}.bounded-${BOUNDS_VERSION}.wasm`);
  if (!existsSync(file)) writeAtomically(file, bounded(bytes));
  return file;
}

const recordOf = (url: string): string => join(cacheFolder(), `${digest(new TextEncoder().encode(url))}.url`);

/** By its digest when that is given, else what was last fetched under this URL. */
export function cachedFile({ url, sha256 }: ModuleReference): string | undefined {
  const record = recordOf(url);
  const known = sha256 || (existsSync(record) ? readFileSync(record, 'utf8').trim() : '');
  const file = join(cacheFolder(), `${known}.wasm`);
  return known && existsSync(file) ? file : undefined;
}

export function keep(url: string, bytes: Uint8Array): void {
  const sha256 = digest(bytes);
  writeAtomically(join(cacheFolder(), `${sha256}.wasm`), bytes);
  writeAtomically(recordOf(url), `${sha256}\n`);
}

function writeAtomically(file: string, content: string | Uint8Array): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, content, { mode: 0o600 });
  renameSync(own, file);
}
