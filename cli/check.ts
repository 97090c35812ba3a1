/** `bowsprit check`: findings, placements and the order of merged routes; needs no network. */
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { analyse } from '../control-api/analysis/analyse.ts';
import type { Finding, Level } from '../control-api/analysis/finding.ts';
import { mergeOrder, type OrderedHost } from '../control-api/analysis/merge-order.ts';
import type { CompileInput, Placement } from '../control-api/compile/processor.ts';
import { type ShortForm, shortForms } from '../control-api/compile/ratelimit/short-form.ts';
import { neededBindings } from '../control-api/mesh/bindings.ts';
import { placementsOf } from '../control-api/resources/placement.ts';
import { describe } from '../control-api/resources/resource.ts';
import type { Snapshot } from '../gateway/snapshot.ts';
import { type ConfigurationOptions, readConfiguration } from './configuration.ts';
import { action, EXIT } from './exit.ts';
import { printFindings } from './findings.ts';
import { several } from './options.ts';

interface CheckOptions extends ConfigurationOptions {
  output: 'text' | 'json';
  wrangler?: string;
}

export function checkCommand(): Command {
  return new Command('check')
    .description('findings, and where every resource is carried out')
    .requiredOption('-f, --filename <path>', 'file, folder or - (repeatable)', several, [])
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .option('--wrangler <file>', "also: which bindings a deployment with wrangler's configuration lacks")
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(action(check));
}

async function check(options: CheckOptions): Promise<void> {
  const { input, ...compiled } = readConfiguration(options);
  const findings = [
    ...compiled.findings,
    ...analyse({ input, compiled }),
    ...(await bindingFindings(options, compiled.snapshot, input)),
  ].sort(byPlace);
  const order = mergeOrder(compiled.snapshot, input.resources);
  const { snapshot } = compiled;
  const placements = withFields(compiled.placements, input);
  const rateLimits = shortForms(snapshot, input.identity.namespace);
  if (options.output === 'json') {
    console.log(
      JSON.stringify({ snapshot: snapshot.id, findings, placements, mergeOrder: order, rateLimits }, null, 2),
    );
  } else {
    printFindings(findings, process.stdout);
    printPlacements(placements);
    printOrder(order);
    printShortForms(rateLimits);
    console.log(summary(findings));
  }
  process.exitCode = findings.some(({ level }) => level === 'error') ? EXIT.findings : EXIT.fine;
}

/** Only for Cloudflare: `serve` reaches every address by itself. */
async function bindingFindings({ wrangler }: CheckOptions, snapshot: Snapshot, input: CompileInput) {
  if (wrangler === undefined) return [];
  const { missingBindings, readWranglerConfig } = await import('./deploy/wrangler-config.ts');
  return missingBindings(neededBindings(snapshot, input.resources), await readWranglerConfig(wrangler));
}

/** As one reads files: by file, line and column; findings about no place come first. */
function byPlace({ position: a }: Finding, { position: b }: Finding): number {
  if (!a || !b) return Number(Boolean(a)) - Number(Boolean(b));
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;
}

/** Behind a resource at the edge, its fields that are not simply carried out there, unless the compiler placed them itself. */
function withFields(placements: readonly Placement[], { resources }: CompileInput): Placement[] {
  const byName = new Map(resources.map((resource) => [describe(resource), resource]));
  const placed = new Set(placements.map(({ resource, field }) => `${resource} ${field}`));
  return placements.flatMap((placement): Placement[] => {
    const resource = placement.where === 'edge' && !placement.field ? byName.get(placement.resource) : undefined;
    const fields = resource ? placementsOf(resource) : [];
    return [placement, ...fields.filter(({ field }) => !placed.has(`${placement.resource} ${field}`))];
  });
}

const TITLES: Record<Placement['where'], string> = {
  edge: 'At the edge',
  cluster: 'In the cluster',
  unsupported: 'Not carried out',
};

/** What EnvoyFilters and the service's ConfigMap say about limits, as our own kind: the same limits, a tenth of the lines. */
function printShortForms(forms: readonly ShortForm[]): void {
  if (forms.length === 0) return;
  console.log('\nThe same rate limits as a RateLimit:');
  for (const form of forms) console.log(stringify(form, { aliasDuplicateObjects: false }).replace(/^(?=.)/gm, '  '));
}

function printPlacements(placements: readonly Placement[]): void {
  for (const [where, title] of Object.entries(TITLES)) {
    const here = placements.filter((placement) => placement.where === where && !isReserve(placement));
    if (here.length > 0) console.log(`\n${title}:`);
    for (const { resource, field, reason } of here) console.log(`  ${resource}${field ? ` ${field}` : ''}: ${reason}`);
  }
  const reserves = Map.groupBy(placements.filter(isReserve), reserveText);
  if (reserves.size > 0) console.log('\nAt the edge with a reserve (-o json names every place):');
  for (const [text, places] of reserves)
    console.log(`  ${text}${places.length > 1 ? ` (${places.length} places)` : ''}`);
}

/** A field of a resource at the edge that does not hold there in every respect. */
const isReserve = ({ where, field }: Placement): boolean => where === 'edge' && field !== undefined;

/** The same for every resource of a kind: `DestinationRule spec.subsets[].name: …`. */
const reserveText = ({ resource, field = '', reason }: Placement): string =>
  `${resource.split(' ')[0]} ${field.replace(/\[\d+\]/g, '[]')}: ${reason}`;

function printOrder(hosts: readonly OrderedHost[]): void {
  if (hosts.length > 0) console.log('\nRoutes, in the order in which they are tried:');
  for (const { routeTable, domains, requireTls, routes } of hosts) {
    console.log(`  ${domains.join(', ')} (${routeTable})${requireTls ? ': redirected to https' : ''}`);
    for (const [index, { resource, path, match, action: does, at }] of routes.entries()) {
      console.log(`    ${index + 1}. ${match} -> ${does}   [${resource} ${path ?? ''}${at ? `, ${at}` : ''}]`);
    }
  }
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Level, noun: string) => {
    const number = findings.filter((finding) => finding.level === level).length;
    return `${number} ${noun}${number === 1 ? '' : 's'}`;
  };
  return `\n${count('error', 'error')}, ${count('warning', 'warning')}, ${count('info', 'note')}`;
}
