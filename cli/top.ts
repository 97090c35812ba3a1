/** `bowsprit top`: who gets how many requests from a running gateway, with what answers and how fast. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { action, CommandError, EXIT } from './exit.ts';
import { type Rates, ratesBetween } from './top/rates.ts';

interface TopOptions {
  admin: string;
  interval: string;
  output: string;
}

export function topCommand(): Command {
  return new Command('top')
    .description('requests a second, errors and latency by destination')
    .option('--admin <host:port>', 'admin address of the gateway', '127.0.0.1:15021')
    .option('--interval <seconds>', 'between two readings', '2')
    .option('-o, --output <format>', 'text or json; json and anything but a terminal get one reading', 'text')
    .action(action(top));
}

async function top({ admin, interval, output }: TopOptions): Promise<void> {
  const seconds = Number(interval);
  if (!(seconds > 0)) throw new CommandError(`--interval ${interval} is not a number of seconds`, EXIT.usage);
  const endless = process.stdout.isTTY && output !== 'json';
  let before = await readMetrics(admin);
  do {
    await sleep(seconds * 1000);
    const after = await readMetrics(admin);
    const rates = ratesBetween(before, after, seconds);
    // The screen is cleared and the cursor sent home.
    if (endless) process.stdout.write('\x1b[2J\x1b[H');
    console.log(output === 'json' ? JSON.stringify(rates, null, 2) : tableOf(rates));
    before = after;
  } while (endless);
}

async function readMetrics(admin: string): Promise<string> {
  const url = `http://${admin}/stats/prometheus`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    if (answer.ok) return await answer.text();
    throw new Error(`status ${answer.status}`);
  } catch (error) {
    throw new CommandError(`${url}: ${(error as Error).message}; does a gateway run there?`, EXIT.failed);
  }
}

function tableOf(rates: readonly Rates[]): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const milliseconds = (value: number) => (Number.isFinite(value) ? `${value} ms` : '> 1 h');
  const rows = rates.map(({ destination, rate, clientErrors, serverErrors, p50, p99 }) => [
    destination,
    rate.toFixed(1),
    percent(clientErrors),
    percent(serverErrors),
    milliseconds(p50),
    milliseconds(p99),
  ]);
  const all = [['DESTINATION', 'REQUESTS/S', '4XX', '5XX', 'P50 ≤', 'P99 ≤'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
