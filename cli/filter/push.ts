/** `bowsprit filter push`: to a registry, in the form Istio takes, and back again to be sure. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digest } from '../../control-api/modules/fetch.ts';
import type { Credentials } from '../../control-api/modules/oci/credentials.ts';
import { imageOf, pluginLayer, pluginOf } from '../../control-api/modules/oci/image.ts';
import { parseReference, type Reference } from '../../control-api/modules/oci/reference.ts';
import { Registry } from '../../control-api/modules/oci/registry.ts';
import { CommandError, EXIT } from '../exit.ts';
import { storedCredentials } from '../oci/credentials.ts';
import { build, manifest } from './build.ts';

interface PushFlags {
  username?: string;
  passwordStdin?: boolean;
}

export async function push(image: string, folder: string, flags: PushFlags): Promise<void> {
  const reference = referenceOf(image);
  const credentials = credentialsOf(reference, flags);
  const { project, bytes, sha256 } = await build(folder);
  const registry = new Registry(reference, credentials);
  const pushed = await registry.push(imageOf(bytes, `${project.name}.wasm`));
  await pullBack(new Registry({ ...reference, reference: pushed }, credentials), sha256);
  const url = `oci://${reference.registry}/${reference.repository}@${pushed}`;
  writeFileSync(join(dirname(project.wasm), 'wasmplugin.yaml'), manifest(project, sha256, url));
  console.log(`pushed and pulled back: ${url}`);
}

function referenceOf(image: string): Reference {
  try {
    return parseReference(image);
  } catch (error) {
    throw new CommandError((error as Error).message, EXIT.usage);
  }
}

function credentialsOf({ registry }: Reference, { username, passwordStdin }: PushFlags): Credentials | undefined {
  if (username === undefined) return storedCredentials(registry);
  if (!passwordStdin) throw new CommandError('--username needs --password-stdin', EXIT.usage);
  return { username, password: readFileSync(0, 'utf8').replace(/\r?\n$/, '') };
}

/** What the cluster will pull must be what was built. */
async function pullBack(registry: Registry, sha256: string): Promise<void> {
  const { manifest } = await registry.manifest();
  const layer = pluginLayer(manifest);
  const plugin = layer && pluginOf(layer, await registry.blob(layer.digest));
  if (!plugin || digest(plugin) !== sha256)
    throw new CommandError('the registry gave back another module', EXIT.failed);
}
