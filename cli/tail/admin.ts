/** The requests of a running `serve` or `dev`, from its admin address. */
import { get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { CommandError, EXIT } from '../exit.ts';
import { type Dropped, type Line, parseLine } from './line.ts';

/** How long a gateway may take to say that it is followed. */
const ANSWER_MS = 10_000;
/** An empty line comes every 30 s: a peer that is silent for longer is gone. */
const SILENT_MS = 90_000;

/**
 * Every request from the moment the gateway has answered; ends when the gateway does. Throws a CommandError: 64 for an address
 * that is none, 1 when nobody answers there or the stream breaks off.
 *
 * @param admin `host:port` or `http://host:port`
 * @param started called when requests are seen from now on
 */
export async function* followAdmin(admin: string, started: () => void): AsyncGenerator<Line | Dropped> {
  const url = urlOf(admin);
  const failed = (error: Error): never => {
    throw new CommandError(`${url}: ${error.message}`, EXIT.failed);
  };
  const answer = await open(url).catch((error) => failed(new Error(`${error.message}; does a gateway run there?`)));
  if (answer.statusCode !== 200) failed(new Error(`status ${answer.statusCode}: ${(await textOf(answer)).trim()}`));
  started();
  try {
    for await (const text of createInterface({ input: answer })) {
      const line = parseLine(text);
      if (line) yield line;
    }
  } catch (error) {
    failed(error as Error);
  }
}

function urlOf(admin: string): URL {
  const text = admin.includes('://') ? admin : `http://${admin}`;
  if (!URL.canParse(text) || !text.startsWith('http://'))
    throw new CommandError(`--admin ${admin} is not HOST:PORT`, EXIT.usage);
  return new URL('/tail', text);
}

function open(url: URL): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = get(url.href, { timeout: ANSWER_MS }, (answer) => {
      sent.setTimeout(SILENT_MS);
      resolve(answer);
    });
    sent.on('timeout', () => sent.destroy(new Error('it is silent')));
    sent.on('error', reject);
  });
}
