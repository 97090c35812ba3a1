/** `bowsprit mesh`: the cluster's half, as standard Istio objects on standard output. */
import { Command } from 'commander';
import { stringify } from 'yaml';
import { isMeshEntry } from '../control-api/compile/mesh-entry.ts';
import { meshManifests } from '../control-api/mesh/manifests.ts';
import { type ConfigurationOptions, readConfiguration } from './configuration.ts';
import { action } from './exit.ts';
import { printFindings } from './findings.ts';
import { several } from './options.ts';

interface MeshOptions extends ConfigurationOptions {
  output: string;
}

export function meshCommand(): Command {
  return new Command('mesh')
    .description("print the cluster's half as standard Istio objects")
    .requiredOption('-f, --filename <path>', 'file, folder or - (repeatable)', several, [])
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .option('-o, --output <format>', 'yaml or json', 'yaml')
    .action(action(mesh));
}

async function mesh(options: MeshOptions): Promise<void> {
  const { snapshot, findings, input } = readConfiguration(options);
  printFindings(findings.filter((finding) => finding.level === 'error'));
  const entry = input.resources.find(isMeshEntry);
  const manifests = meshManifests(snapshot, entry?.spec);
  const text =
    options.output === 'json'
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }, null, 2)}\n`
      : manifests.map((manifest) => stringify(manifest, { aliasDuplicateObjects: false })).join('---\n');
  process.stdout.write(text);
}
