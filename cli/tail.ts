/** `bowsprit tail`: the requests of a running gateway as they are answered, one line each. */
import { once } from 'node:events';
import { Command, Option } from 'commander';
import { action, EXIT } from './exit.ts';
import { several } from './options.ts';
import { followAdmin } from './tail/admin.ts';
import { followDeployed } from './tail/deployed.ts';
import { type FilterOptions, foldFilter } from './tail/filter.ts';
import type { Dropped, Line } from './tail/line.ts';
import { textOf } from './tail/print.ts';

interface TailOptions extends FilterOptions {
  admin: string;
  deployed?: true | string;
  config?: string;
  output: 'text' | 'json';
}

export function tailCommand(): Command {
  return new Command('tail')
    .description('follow the requests of a running gateway, one line each, until Ctrl-C or its end')
    .option('--admin <host:port>', 'admin address of the gateway', '127.0.0.1:15021')
    .option('--deployed [worker]', 'the gateway on Cloudflare instead, through wrangler tail')
    .option('--config <file>', "wrangler's configuration, which names the Worker of --deployed")
    .option('--host <name>', 'only this host, or *.example.com (repeatable, as all filters)', several, [])
    .option('--status <code>', 'only this status, or class: 404, 5xx', several, [])
    .option('--flag <flag>', "only with this one of Envoy's response flags: NR, UF, URX …; - for none", several, [])
    .option('--method <name>', 'only this method', several, [])
    .option('--details <text>', 'only with this in the response code details: rbac_access_denied', several, [])
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(action(tail));
}

async function tail({ admin, deployed, config, output, ...filters }: TailOptions): Promise<void> {
  const wanted = foldFilter(filters);
  // Whoever reads us may have had enough, as `head` has.
  process.stdout.on('error', () => process.exit(EXIT.fine));
  process.on('SIGINT', () => process.exit(EXIT.fine));
  const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
  const form = output === 'json' ? JSON.stringify : (line: Line) => textOf(line, colour);
  const lines = deployed ? followDeployed(deployed, config) : followAdmin(admin, () => say(`following ${admin}`));
  for await (const line of lines) {
    if ('dropped' in line) sayDropped(line);
    else if (wanted(line) && !process.stdout.write(`${form(line)}\n`)) await once(process.stdout, 'drain');
  }
  say('the gateway has ended');
}

/** On standard error: standard output has nothing but requests. */
const say = (text: string): void => console.error(`bowsprit: ${text}`);

const sayDropped = ({ dropped }: Dropped): void =>
  say(`${dropped} requests were left out: they came faster than they were read`);
