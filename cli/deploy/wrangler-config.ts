/** The configuration that wrangler deploys with: the user's own, and in it every binding that the Snapshot needs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import type { Finding } from '../../control-api/analysis/finding.ts';
import { finding } from '../../control-api/analysis/report.ts';
import { ID_FIELDS, type NeededBinding, THE_ENTRY } from '../../control-api/mesh/bindings.ts';
import { CommandError, EXIT } from '../exit.ts';

type Entry = Record<string, unknown> & { binding?: string };

/** As much of wrangler's configuration as is looked at. */
export interface WranglerConfig extends Record<string, unknown> {
  vpc_services?: Entry[];
  mtls_certificates?: Entry[];
  kv_namespaces?: Entry[];
  services?: Entry[];
  durable_objects?: { bindings?: { name: string; class_name: string }[] };
  worker_loaders?: Entry[];
  migrations?: Record<string, unknown>[];
  secrets?: { required?: string[] };
}

/** wrangler.toml, .json or .jsonc, read as wrangler does. Throws a CommandError (65). */
export async function readWranglerConfig(file: string): Promise<WranglerConfig> {
  // Imported only here: wrangler is large.
  const { experimental_readRawConfig } = await import('wrangler');
  try {
    return structuredClone(experimental_readRawConfig({ config: file }).rawConfig) as WranglerConfig;
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`, EXIT.unreadable);
  }
}

/** Whether filters may be published after the deployment. */
export function hasLoader(config: WranglerConfig): boolean {
  return config.worker_loaders?.some(({ binding }) => binding === 'LOADER') ?? false;
}

/** What is bound neither in `config` nor by an id in the resources. Secrets and Durable Objects need no id. */
export function missingBindings(needed: readonly NeededBinding[], config: WranglerConfig): Finding[] {
  return needed.flatMap(({ kind, binding, id, what }) => {
    if (kind === 'secrets' || kind === 'durable_objects' || id !== undefined) return [];
    if (config[kind]?.some((one) => one.binding === binding)) return [];
    const message = what === THE_ENTRY ? 'MissingEntryBinding' : 'MissingBinding';
    return [finding(message, { what, kind, binding, ...ID_FIELDS[kind] })];
  });
}

/** The control API of the same account. */
export interface ControlBindings {
  /** Id of the Workers KV namespace where it publishes. */
  snapshots?: string;
  /** Its Worker's name. */
  control?: string;
}

export function withBindings(
  base: WranglerConfig,
  needed: readonly NeededBinding[],
  { snapshots, control }: ControlBindings = {},
): WranglerConfig {
  const config = structuredClone(base);
  for (const { kind, binding, id } of needed) {
    if (kind === 'secrets') requireSecret(config, binding);
    else if (kind === 'durable_objects') bindCounters(config, binding);
    else if (id !== undefined) bind(config, kind, { binding, [ID_FIELDS[kind].field]: id });
  }
  if (snapshots !== undefined) bind(config, 'kv_namespaces', { binding: 'SNAPSHOTS', id: snapshots });
  if (control !== undefined)
    bind(config, 'services', { binding: 'ROLLOUTS', service: control, entrypoint: 'Rollouts' });
  return config;
}

/** What the user has bound under the name stays. */
function bind(
  config: WranglerConfig,
  kind: 'vpc_services' | 'mtls_certificates' | 'kv_namespaces' | 'services',
  entry: Entry,
): void {
  const bound = config[kind] ?? [];
  if (!bound.some(({ binding }) => binding === entry.binding)) config[kind] = [...bound, entry];
}

function requireSecret(config: WranglerConfig, name: string): void {
  const required = config.secrets?.required ?? [];
  config.secrets = { ...config.secrets, required: [...new Set([...required, name])] };
}

const COUNTERS_CLASS = 'CounterObject';

function bindCounters(config: WranglerConfig, name: string): void {
  const bindings = config.durable_objects?.bindings ?? [];
  if (bindings.some((one) => one.name === name)) return;
  config.durable_objects = { ...config.durable_objects, bindings: [...bindings, { name, class_name: COUNTERS_CLASS }] };
  config.migrations = [
    ...(config.migrations ?? []),
    { tag: 'bowsprit-counters', new_sqlite_classes: [COUNTERS_CLASS] },
  ];
}

/** Writes wrangler.toml beside the deployment's `main.ts`, which is built already. @returns the file */
export function writeWranglerConfig(config: WranglerConfig, folder: string): string {
  const { build: _, ...rest } = config;
  const file = join(folder, 'wrangler.toml');
  writeFileSync(file, `# Written by \`bowsprit deploy\`.\n${stringify({ ...rest, main: 'main.ts' })}`);
  return file;
}
