/** Walks through the README as a reader would: what it says to type is typed, what it promises must come. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { stop } from '../support/stop.ts';
import { readmeSteps } from './readme.ts';

const ROOT = join(import.meta.dirname, '../..');
const ADMIN = '127.0.0.1:15021';

describe('README', { concurrency: 1 }, () => {
  const steps = readmeSteps();
  it('has the walk', () => assert.ok(steps.length >= 8, `${steps.length} steps`));
  for (const { title, serve, commands, expected } of steps) {
    it(title, { timeout: 60_000 }, async () => {
      const gateway = await start(serve);
      try {
        const output = execFileSync('bash', ['-c', commands], { cwd: ROOT, encoding: 'utf8' });
        compare(
          output
            .trimEnd()
            .split('\n')
            .map((line) => line.trimEnd()),
          expected,
        );
      } finally {
        await stop(gateway);
      }
    });
  }
});

function compare(lines: string[], expected: string[]): void {
  assert.equal(lines.length, expected.length, lines.join('\n'));
  for (const [index, line] of lines.entries()) {
    const wanted = expected[index]!;
    assert.ok(line === wanted || new RegExp(`^${wanted}$`).test(line), `expected ${wanted}, got ${line}`);
  }
}

async function start(args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let i = 0; i < 200 && child.exitCode === null; i++) {
    if (await isReady()) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop(child);
  throw new Error(`bowsprit ${args.join(' ')} did not get ready`);
}

async function isReady(): Promise<boolean> {
  try {
    return (await fetch(`http://${ADMIN}/ready`)).ok;
  } catch {
    return false;
  }
}

describe('links', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
  for (const page of pages) {
    it(`of ${page} lead somewhere`, () => {
      const text = readFileSync(join(ROOT, page), 'utf8');
      const targets = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, target = '']) => target);
      assert.deepEqual(
        targets.filter((target) => !existsSync(join(ROOT, dirname(page), target))),
        [],
      );
    });
  }
});
