import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Command } from 'commander';
import { completionScript } from './completion.ts';

const filter = new Command('filter');
filter.command('build').option('-o, --output <file>');
filter.command('test');
const commands = [new Command('serve').option('-f, --filename <path>').option('--listen <map>'), filter];

function complete(...typed: string[]): string[] {
  const script = `${completionScript('bash', commands)}
COMP_WORDS=(bowsprit ${typed.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${typed.length}; _bowsprit; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
}

test('commands', () => assert.deepEqual(complete('s'), ['serve']));
test('options of a command', () => assert.deepEqual(complete('serve', '--'), ['--filename', '--listen']));
test('commands of a command', () => assert.deepEqual(complete('filter', ''), ['build', 'test']));
test('options of a command of a command', () => assert.deepEqual(complete('filter', 'build', '--o'), ['--output']));

test('every shell has a script that names every command', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    assert.match(completionScript(shell, commands), /serve[\s\S]*filter/);
  }
});
