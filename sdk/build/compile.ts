/** Compiles a filter's AssemblyScript to the .wasm that runs at the edge and in Envoy. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCompiler } from './assemblyscript.ts';
import { checkModule, type Problem } from './check.ts';
import { entrySource } from './entry.ts';
import { findOverrides } from './overrides.ts';

export interface CompileOptions {
  /** Unoptimised, with names, for a debugger. */
  debug?: boolean;
  /** Most memory that an instance may have, in 64 KiB pages. */
  maximumPages?: number;
}

export interface Compiled {
  wasm: Uint8Array<ArrayBuffer>;
}

/** `output` is what the compiler said, with file, line and column; `problems` what the built module would be refused for. */
export class BuildError extends Error {
  readonly code: 'NO_ENTRY' | 'COMPILE' | 'REFUSED';
  readonly problems: readonly Problem[];

  constructor(code: BuildError['code'], message: string, problems: readonly Problem[] = []) {
    super(message);
    this.name = 'BuildError';
    this.code = code;
    this.problems = problems;
  }
}

/** 32 MiB: enough for a filter, and small enough that one that runs away hits its own wall and not the isolate's. */
const MAXIMUM_PAGES = 512;
const SDK = 'bowsprit-sdk';
const SDK_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const GENERATED = 'bowsprit-entry.ts';

/** `entry` is the author's file, usually assembly/index.ts. Throws BuildError. */
export async function compileFilter(entry: string, options: CompileOptions = {}): Promise<Compiled> {
  const file = resolve(entry);
  if (!existsSync(file)) throw new BuildError('NO_ENTRY', `${entry} does not exist`);
  const folder = dirname(file);
  const wasm = await runCompiler(folder, await generatedEntry(file), options);
  const problems = checkModule(wasm);
  if (problems.length > 0) throw new BuildError('REFUSED', problems.map(({ message }) => message).join('\n'), problems);
  return { wasm };
}

/** A module whose source exports its callbacks itself, without the SDK's classes. Throws BuildError. */
export async function compileModuleSource(entry: string, options: CompileOptions = {}): Promise<Compiled> {
  const source = readFirst([entry]);
  if (source === null) throw new BuildError('NO_ENTRY', `${entry} does not exist`);
  return { wasm: await runCompiler(dirname(resolve(entry)), source, options) };
}

async function generatedEntry(file: string): Promise<string> {
  const folder = dirname(file);
  const name = relative(folder, file).replace(/\.ts$/, '');
  const overrides = await findOverrides(name, (path) =>
    readFirst([join(folder, `${path}.ts`), join(folder, path, 'index.ts')]),
  );
  try {
    return entrySource(`./${name}`, overrides);
  } catch (error) {
    throw new BuildError('NO_ENTRY', `${file}: ${(error as Error).message}`);
  }
}

async function runCompiler(folder: string, entry: string, options: CompileOptions): Promise<Uint8Array<ArrayBuffer>> {
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await (await loadCompiler()).main([GENERATED, ...flags(options)], {
    readFile: (name) => (name === GENERATED ? entry : readSource(folder, name)),
    writeFile: (_, contents) => {
      if (typeof contents !== 'string') wasm = new Uint8Array(contents);
    },
    listFiles: () => [],
  });
  if (wasm && !error) return wasm;
  throw new BuildError('COMPILE', stderr.toString().trim() || (error?.message ?? 'the compiler gave nothing'));
}

/** See docs/filters.md for why each is there. */
function flags({ debug, maximumPages }: CompileOptions): string[] {
  return [
    ...['--outFile', 'filter.wasm', '--bindings', 'raw', '--runtime', 'incremental', '--exportStart', '_initialize'],
    ...['--use', 'abort=~lib/bowsprit-sdk/assembly/runtime/aborted'],
    ...['--maximumMemory', String(maximumPages ?? MAXIMUM_PAGES)],
    ...(debug ? ['--debug'] : ['-O3', '--noAssert']),
  ];
}

/** The project's own copy of the SDK, or the one that came with this command. */
function readSource(folder: string, name: string): string | null {
  const inPackage = name.indexOf(`node_modules/${SDK}/`);
  if (inPackage < 0) return readFirst([join(folder, name)]);
  const rest = name.slice(inPackage + `node_modules/${SDK}/`.length);
  return readFirst([join(sdkRootFor(folder), rest)]);
}

function sdkRootFor(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', SDK);
    if (existsSync(join(candidate, 'index.ts'))) return candidate;
    if (dirname(at) === at) return SDK_ROOT;
  }
}

function readFirst(paths: string[]): string | null {
  const found = paths.find((path) => existsSync(path) && statSync(path).isFile());
  return found ? readFileSync(found, 'utf8') : null;
}
