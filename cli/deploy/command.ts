/** `bowsprit deploy`: checks, builds and hands over to wrangler, which knows Cloudflare. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { analyse } from '../../control-api/analysis/analyse.ts';
import { neededBindings } from '../../control-api/mesh/bindings.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { type ConfigurationOptions, fetchFilters, readConfiguration } from '../configuration.ts';
import { action, CommandError, EXIT } from '../exit.ts';
import { printFindings } from '../findings.ts';
import { several } from '../options.ts';
import { DEPLOYMENT, writeDeployment } from './build.ts';
import { WRANGLER, WRANGLER_CONFIG, wranglerEnv } from './wrangler.ts';
import {
  hasLoader,
  missingBindings,
  readWranglerConfig,
  withBindings,
  writeWranglerConfig,
} from './wrangler-config.ts';

const ROOT = join(import.meta.dirname, '../..');

interface DeployOptions extends ConfigurationOptions {
  dryRun?: boolean;
  outdir?: string;
  config: string;
  buildOnly?: boolean;
  force?: boolean;
  snapshots?: string;
  control?: string;
}

export function deployCommand(): Command {
  return new Command('deploy')
    .description('deploy to Cloudflare with wrangler')
    .option('-f, --filename <path>', 'file, folder or - (repeatable); config/ unless given', several, [])
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .option('--config <file>', "wrangler's configuration", WRANGLER_CONFIG)
    .option('--snapshots <id>', 'Workers KV namespace with what the control API publishes')
    .option('--control <worker>', 'name of the control API, which decides about staged rollouts')
    .option('--dry-run', 'build and check, deploy nothing; needs no network')
    .option('--outdir <folder>', 'where wrangler puts the bundle of a dry run')
    .option('--build-only', 'write what wrangler bundles, and stop there')
    .option('--force', 'deploy in spite of errors: what is in error is left out')
    .action(action(deploy));
}

async function deploy(options: DeployOptions): Promise<void> {
  const filename = options.filename.length > 0 ? options.filename : [join(ROOT, 'config')];
  const modules = await fetchFilters({ ...options, filename });
  const { input, ...compiled } = readConfiguration({ ...options, filename, modules });
  const needed = neededBindings(compiled.snapshot, input.resources);
  const base = await readWranglerConfig(options.config);
  const findings = [
    ...compiled.findings,
    ...analyse({ input, compiled }),
    ...(options.buildOnly ? [] : missingBindings(needed, base)),
  ].filter(({ level }) => level !== 'info');
  printFindings(findings);
  if (findings.some(({ level }) => level === 'error') && !options.force) {
    throw new CommandError('errors: nothing is deployed (--force leaves out what is in error)', EXIT.findings);
  }
  await writeDeployment(compiled.snapshot, compiled.filters, { dynamic: hasLoader(base) });
  if (options.buildOnly) return;
  printNames(compiled.snapshot, new Set(needed.map(({ what }) => what)));
  runWrangler(writeWranglerConfig(withBindings(base, needed, options), DEPLOYMENT), options);
}

/** What is reached without a binding gets its own name as Host. */
function printNames({ clusters }: Snapshot, bound: ReadonlySet<string>): void {
  const all = Object.values(clusters).filter(({ resolution }) => resolution !== 'MESH');
  const names = new Set(all.flatMap(({ endpoints }) => endpoints.map(({ address, port }) => `${address}:${port}`)));
  const rest = [...names].filter((name) => !bound.has(name)).sort();
  if (rest.length > 0) console.error(`Over the internet, the request's Host in X-Forwarded-Host: ${rest.join(', ')}`);
}

function runWrangler(config: string, { dryRun, outdir }: DeployOptions): void {
  const args = [
    'deploy',
    '--config',
    config,
    ...(dryRun ? ['--dry-run'] : []),
    ...(outdir ? ['--outdir', resolve(outdir)] : []),
  ];
  const { status } = spawnSync(process.execPath, [WRANGLER, ...args], { stdio: 'inherit', env: wranglerEnv() });
  if (status !== 0) throw new CommandError(`wrangler ended with ${status}`, EXIT.failed);
}
