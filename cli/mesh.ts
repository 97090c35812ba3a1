/** `bowsprit mesh`: the cluster's half, as standard Istio objects on standard output. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { meshEntries } from '../control-api/analysis/mesh-entries.ts';
import { isMeshEntry } from '../control-api/compile/mesh-entry.ts';
import { meshManifests } from '../control-api/mesh/manifests.ts';
import { type ConfigurationOptions, readConfiguration } from './configuration.ts';
import { action, CommandError, EXIT } from './exit.ts';
import { printFindings } from './findings.ts';
import { manifestsText } from './manifests-text.ts';
import { several } from './options.ts';

interface MeshOptions extends ConfigurationOptions {
  output: string;
  newKey?: string;
}

export function meshCommand(): Command {
  return new Command('mesh')
    .description("print the cluster's half as standard Istio objects")
    .option('-f, --filename <path>', 'file, folder or - (repeatable)', several, [])
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .option('-o, --output <format>', 'yaml or json', 'yaml')
    .option('--new-key <file>', 'write a new signing key there, and print its public half for assertion.jwks')
    .action(action(mesh));
}

async function mesh(options: MeshOptions): Promise<void> {
  if (options.newKey !== undefined) return newKey(options.newKey);
  if (options.filename.length === 0) throw new CommandError('-f says what the edge serves', EXIT.usage);
  const { input, ...compiled } = readConfiguration(options);
  const { snapshot, findings } = compiled;
  // Besides mistakes what of the cluster's own configuration does not fit the entry.
  printFindings([...findings.filter(({ level }) => level === 'error'), ...meshEntries({ input, compiled })]);
  const entry = input.resources.find(isMeshEntry);
  const manifests = meshManifests(snapshot, entry?.spec);
  process.stdout.write(manifestsText(manifests, options.output));
}

/** The private half is readable by its owner alone, and nothing is overwritten. */
async function newKey(file: string): Promise<void> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const shown = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(shown);
  const secret = `${JSON.stringify({ ...(await exportJWK(privateKey)), kid, alg: 'ES256' })}\n`;
  try {
    writeFileSync(file, secret, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new CommandError((error as Error).message, EXIT.failed);
  }
  console.log(JSON.stringify({ keys: [{ ...shown, kid, alg: 'ES256', use: 'sig' }] }));
}
