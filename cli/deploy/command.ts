/** `bowsprit deploy`: checks, builds and hands over to wrangler, which knows Cloudflare. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { analyse } from '../../control-api/analysis/analyse.ts';
import { deployedBinding } from '../../gateway/deployed-binding.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { type ConfigurationOptions, readConfiguration } from '../configuration.ts';
import { action, CommandError, EXIT } from '../exit.ts';
import { printFindings } from '../findings.ts';
import { several } from '../options.ts';
import { writeDeployment } from './build.ts';

const ROOT = join(import.meta.dirname, '../..');

interface DeployOptions extends ConfigurationOptions {
  dryRun?: boolean;
  outdir?: string;
  config: string;
  buildOnly?: boolean;
  force?: boolean;
}

export function deployCommand(): Command {
  return new Command('deploy')
    .description('deploy to Cloudflare with wrangler')
    .option('-f, --filename <path>', 'file, folder or - (repeatable); config/ unless given', several, [])
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .option('--config <file>', "wrangler's configuration", join(ROOT, 'wrangler.toml'))
    .option('--dry-run', 'build and check, deploy nothing; needs no network')
    .option('--outdir <folder>', 'where wrangler puts the bundle of a dry run')
    .option('--build-only', 'write what wrangler bundles, and stop there')
    .option('--force', 'deploy in spite of errors: what is in error is left out')
    .action(action(deploy));
}

async function deploy(options: DeployOptions): Promise<void> {
  const filename = options.filename.length > 0 ? options.filename : [join(ROOT, 'config')];
  const { input, ...compiled } = readConfiguration({ ...options, filename });
  const findings = [...compiled.findings, ...analyse({ input, compiled })].filter(({ level }) => level !== 'info');
  printFindings(findings);
  if (findings.some(({ level }) => level === 'error') && !options.force) {
    throw new CommandError('errors: nothing is deployed (--force leaves out what is in error)', EXIT.findings);
  }
  printBindings(compiled.snapshot);
  writeDeployment(compiled.snapshot, compiled.filters);
  if (!options.buildOnly) runWrangler(options);
}

/** Which bindings reach the endpoints: without them the platform can only reach public names, with their own Host. */
function printBindings({ clusters }: Snapshot): void {
  const names = new Set(Object.values(clusters).flatMap((one) => one.endpoints.map((at) => deployedBinding(one, at))));
  if (names.size === 0) return;
  console.error(
    'Endpoints are reached by these bindings of wrangler.toml (vpc_services), else by name over the internet:',
  );
  for (const name of [...names].sort()) console.error(`  ${name}`);
}

function runWrangler({ config, dryRun, outdir }: DeployOptions): void {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
  const args = [
    'deploy',
    '--config',
    config,
    ...(dryRun ? ['--dry-run'] : []),
    ...(outdir ? ['--outdir', outdir] : []),
  ];
  // The sources are there already: wrangler's own build step must not make them again from config/.
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', BOWSPRIT_BUILT: '1' };
  const { status } = spawnSync(process.execPath, [wrangler, ...args], { stdio: 'inherit', env });
  if (status !== 0) throw new CommandError(`wrangler ended with ${status}`, EXIT.failed);
}
