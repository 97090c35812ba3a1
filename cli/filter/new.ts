/** `bowsprit filter new`: a project that builds, whose tests pass, and that runs in `bowsprit dev` and in Envoy. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CommandError, EXIT } from '../exit.ts';

const TEMPLATE = join(import.meta.dirname, '../../sdk/templates/http');
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export async function newProject(path: string): Promise<void> {
  const folder = resolve(path);
  const name = basename(folder);
  if (!NAME.test(name)) throw new CommandError(`${name} is no name: lower-case letters, digits and "-"`, EXIT.usage);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new CommandError(`${path} is not empty`, EXIT.failed);
  mkdirSync(folder, { recursive: true });
  cpSync(TEMPLATE, folder, { recursive: true });
  // npm leaves a file named .gitignore out of a package.
  renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'));
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) fill(join(folder, file), name, folder);
  console.log(`${path} is ready:\n\n  cd ${path}\n  npx bowsprit filter test\n  npx bowsprit dev -f gateway.yaml\n`);
}

function fill(file: string, name: string, folder: string): void {
  if (!statSync(file).isFile()) return;
  const className = name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase());
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll('NAME', name).replaceAll('CLASS', className).replaceAll('FOLDER', folder));
}
