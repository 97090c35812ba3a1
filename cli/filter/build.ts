/** `bowsprit filter build`: compile, check as Envoy would, and write everything that goes to a cluster or a registry. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { digest } from '../../control-api/modules/fetch.ts';
import { imageOf } from '../../control-api/modules/oci/image.ts';
import { BuildError, compileFilter } from '../../sdk/build/compile.ts';
import { CommandError, EXIT } from '../exit.ts';
import { writeLayout } from '../oci/layout.ts';
import { type Project, projectIn } from './project.ts';

export interface Built {
  project: Project;
  bytes: Uint8Array;
  sha256: string;
}

export async function build(folder: string, flags: { debug?: boolean } = {}): Promise<Built> {
  const project = projectIn(folder);
  const bytes = await compile(project, flags);
  const sha256 = digest(bytes);
  const out = dirname(project.wasm);
  mkdirSync(out, { recursive: true });
  // Renamed into place, because a running gateway may be watching it.
  writeFileSync(`${project.wasm}.new`, bytes);
  renameSync(`${project.wasm}.new`, project.wasm);
  writeFileSync(`${project.wasm}.sha256`, `${sha256}  ${project.name}.wasm\n`);
  writeFileSync(join(out, 'wasmplugin.yaml'), manifest(project, sha256, `file://${project.wasm}`));
  rmSync(join(out, 'oci'), { recursive: true, force: true });
  writeLayout(join(out, 'oci'), imageOf(bytes, `${project.name}.wasm`));
  console.log(`${relative(process.cwd(), project.wasm)}  ${size(bytes.length)}  sha256:${sha256}`);
  return { project, bytes, sha256 };
}

export async function runBuild(folder: string, flags: { debug?: boolean }): Promise<void> {
  await build(folder, flags);
}

async function compile({ entry }: Project, flags: { debug?: boolean }): Promise<Uint8Array> {
  try {
    return (await compileFilter(entry, flags)).wasm;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const lead = error.code === 'REFUSED' ? 'Envoy would refuse this module:\n' : '';
    throw new CommandError(`${lead}${error.message}`, EXIT.failed);
  }
}

/** A WasmPlugin for the ingress gateway; istiod and Bowsprit read the same. */
export function manifest({ name }: Project, sha256: string, url: string): string {
  return stringify({
    apiVersion: 'extensions.istio.io/v1alpha1',
    kind: 'WasmPlugin',
    metadata: { name, namespace: 'istio-system' },
    spec: { selector: { matchLabels: { istio: 'ingressgateway' } }, url, sha256 },
  });
}

const size = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`);
