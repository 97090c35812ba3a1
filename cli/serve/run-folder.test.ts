import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { makeRunFolder, makeScratchFolder } from './run-folder.ts';

const parent = mkdtempSync(join(tmpdir(), 'run-folder-'));
after(() => rmSync(parent, { recursive: true }));

function leftBy(pid: number, name: string): string {
  const folder = join(parent, `bowsprit-run-${name}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'pid'), String(pid));
  return folder;
}

test('what a killed process left goes, what a living one uses stays', () => {
  const { pid } = spawnSync('true');
  const left = leftBy(pid, 'dead');
  const used = leftBy(process.pid, 'living');
  const made = makeRunFolder(parent);
  assert.equal(existsSync(left), false);
  assert.equal(existsSync(used), true);
  assert.equal(statSync(made).mode & 0o777, 0o700);
});

test('a folder without an owner is left alone', () => {
  mkdirSync(join(parent, 'bowsprit-run-new'));
  makeRunFolder(parent);
  assert.equal(existsSync(join(parent, 'bowsprit-run-new')), true);
});

test('databases that nobody keeps are not put where there is no room', () => {
  const elsewhere = makeScratchFolder(join(parent, 'missing'));
  assert.equal(dirname(elsewhere), tmpdir());
  rmSync(elsewhere, { recursive: true });
});
