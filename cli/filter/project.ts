/** A filter's project: where its files are and what it is called. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, EXIT } from '../exit.ts';

export interface Project {
  folder: string;
  /** The package's name without a scope; also that of the module and of the WasmPlugin. */
  name: string;
  entry: string;
  /** build/<name>.wasm */
  wasm: string;
}

/** Throws a CommandError (65) when the folder is no such project. */
export function projectIn(folder: string): Project {
  const root = resolve(folder);
  const entry = join(root, 'assembly', 'index.ts');
  if (!existsSync(entry))
    throw new CommandError(`${entry} does not exist; start with: bowsprit filter new NAME`, EXIT.unreadable);
  const name = nameOf(root);
  return { folder: root, name, entry, wasm: join(root, 'build', `${name}.wasm`) };
}

function nameOf(root: string): string {
  const file = join(root, 'package.json');
  const { name = 'filter' } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }) : {};
  return name.replace(/^@[^/]*\//, '');
}
