/** The modules of a gateway process as files: the entry joins the bundle with the filters, which are imported by name. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from './bundle.ts';
import type { WorkerConfig } from './capnp.ts';

const ENTRY = 'main.js';
const GATEWAY = 'gateway.js';
const MODULE = /\.wasm$/;
const PROCESS = /\.capnp$/;

/** `filters`: file of the bytes by SHA-256; `exported`: what the entry hands on of the bundle's exports. */
export function writeModules(
  folder: string,
  bundle: Bundle,
  filters: ReadonlyMap<string, string>,
  exported: readonly string[],
): WorkerConfig['modules'] {
  copyFileSync(bundle.file, join(folder, GATEWAY));
  const digests = bundle.exports.includes('registerModules') ? [...filters.keys()].sort() : [];
  for (const digest of digests) copyFileSync(filters.get(digest)!, join(folder, `${digest}.wasm`));
  const imports = digests.map((digest, index) => `import filter${index} from './${digest}.wasm';`);
  const table = digests.map((digest, index) => `'${digest}': filter${index}`).join(', ');
  const register = digests.length
    ? `import { registerModules } from './gateway.js';\nregisterModules({ ${table} });`
    : '';
  const named = exported.filter((name) => bundle.exports.includes(name));
  const entry = [...imports, register, `export { ${named.join(', ')} } from './gateway.js';`, ''].join('\n');
  writeFileSync(join(folder, ENTRY), entry);
  return [
    { name: ENTRY, kind: 'esModule', file: ENTRY },
    ...digests.map((digest) => ({ name: `${digest}.wasm`, kind: 'wasm' as const, file: `${digest}.wasm` })),
    { name: GATEWAY, kind: 'esModule', file: GATEWAY },
  ];
}

/** A file of a generation's folder without what says which filters it has: running processes can take those. */
export function withoutFilters(folder: string, file: string): string {
  if (file === ENTRY || MODULE.test(file)) return '';
  const text = readFileSync(join(folder, file), 'latin1').replaceAll(folder, '');
  return PROCESS.test(file) ? text.replace(/^.*\.wasm".*\n/gm, '') : text;
}

/** Gives `folder` the filters of `next`, a folder of the same shape, so that a process that is started again has them. */
export function adoptModules(folder: string, next: string): void {
  const wanted = readdirSync(next);
  for (const file of wanted) {
    if (file === ENTRY || (MODULE.test(file) && !existsSync(join(folder, file))))
      copyFileSync(join(next, file), join(folder, file));
    else if (PROCESS.test(file)) {
      const text = readFileSync(join(next, file), 'utf8').replaceAll(next, folder);
      writeFileSync(join(folder, file), text, { mode: 0o600 });
    }
  }
  for (const file of readdirSync(folder))
    if (MODULE.test(file) && !wanted.includes(file)) rmSync(join(folder, file), { force: true });
}
