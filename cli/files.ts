/** `-f FILE|DIR|-` into texts. The only place of the command that reads users' files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../control-api/resources/load.ts';
import { readStandardInput } from './standard-input.ts';

/** sysexits' EX_DATAERR is for input; 65 tells a script that the input could not be read. */
export class UnreadableInput extends Error {
  readonly code = 'BSP_INPUT_UNREADABLE';
  readonly exitCode = 65;
}

const RESOURCE_FILE = /\.(ya?ml|json)$/;

/** The texts of all `names`, in order; a folder's files recursively, sorted. Throws UnreadableInput. */
export function readSources(names: readonly string[]): SourceFile[] {
  return names.flatMap((name) => (name === '-' ? [read('-')] : pathsOf(name).map(read)));
}

/** Standard input can be read only once, and a run may ask for it twice. */
let standardInput: string | undefined;

function read(file: string): SourceFile {
  return attempt(file, () => {
    if (file !== '-') return { file, text: readFileSync(file, 'utf8') };
    standardInput ??= readStandardInput();
    return { file, text: standardInput };
  });
}

function pathsOf(name: string): string[] {
  return attempt(name, () => {
    if (!statSync(name).isDirectory()) return [name];
    const inside = readdirSync(name, { recursive: true, encoding: 'utf8' });
    const paths = inside.filter((path) => RESOURCE_FILE.test(path)).map((path) => join(name, path));
    return paths.filter((path) => statSync(path).isFile()).sort();
  });
}

function attempt<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnreadableInput(`cannot read ${name === '-' ? 'standard input' : name}: ${why}`, { cause: error });
  }
}
