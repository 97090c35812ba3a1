/** The requests of a gateway on Cloudflare, from `wrangler tail`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { WRANGLER, WRANGLER_CONFIG, wranglerEnv } from '../deploy/wrangler.ts';
import { CommandError, EXIT } from '../exit.ts';
import { linesOf, type TailEvent } from './event.ts';
import type { Line } from './line.ts';

/**
 * Ends with wrangler; throws a CommandError (1) when that fails, having said why on standard error itself.
 *
 * @param worker its name; true: as `config` names it
 */
export async function* followDeployed(worker: string | true, config = WRANGLER_CONFIG): AsyncGenerator<Line> {
  const names = worker === true ? [] : [worker];
  const args = [WRANGLER, 'tail', ...names, '--format', 'json', '--config', config];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: wranglerEnv() });
  process.on('exit', () => child.kill());
  const ended = endOf(child);
  for await (const event of readEvents(child.stdout)) yield* linesOf(event);
  const code = await ended;
  if (code !== 0) throw new CommandError(`wrangler tail ended with ${code}`, EXIT.failed);
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** wrangler prints each event as indented JSON, whose last line alone is a brace at the beginning. */
export async function* readEvents(output: Readable): AsyncGenerator<TailEvent> {
  let text = '';
  for await (const line of createInterface({ input: output })) {
    if (text === '' && !line.startsWith('{')) continue;
    text += line;
    if (line !== '}' && !(text === line && line.endsWith('}'))) continue;
    yield JSON.parse(text) as TailEvent;
    text = '';
  }
}
