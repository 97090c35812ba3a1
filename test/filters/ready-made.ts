/** Runs a ready-made filter's own tests the way its author would: `bowsprit filter test`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../filters');
const LONGEST_MS = 180_000;

/** Names of the folders that are filters. */
export const readyMade = (): string[] =>
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'lib')
    .map((entry) => entry.name)
    .sort();

/** Builds and tests one; rejects with what was printed. Returns how many tests ran. */
export async function testFilter(name: string, ...flags: string[]): Promise<number> {
  // The runner's mark in the environment would make the inner runner report to nobody.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ['cli/bowsprit.mjs', 'filter', 'test', join(FOLDER, name), ...flags], {
    env,
    timeout: LONGEST_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0, printed);
  return Number(/tests (\d+)/.exec(printed)?.[1] ?? 0);
}
