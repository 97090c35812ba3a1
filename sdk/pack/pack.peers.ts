/** The SDK as npm packs it, installed into an empty project: compiles a filter and runs it there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const FILTER = `
import { Action, HttpFilter, RequestHeaders } from "bowsprit-sdk";
export class Packed extends HttpFilter {
  onRequestHeaders(request: RequestHeaders): Action {
    request.set("x-packed", request.path);
    return Action.Continue;
  }
}`;
const USE = `
import { compileFilter } from 'bowsprit-sdk/build';
import { loadFilter } from 'bowsprit-sdk/harness';
const { wasm } = await compileFilter('assembly/index.ts');
const { upstream } = await (await loadFilter(wasm)).request({ path: '/packed' });
console.log(upstream.headers.get('x-packed'));`;

test('npm pack, npm install, and the SDK works', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  try {
    const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, stdio: 'ignore' });
    npm(['pack', '--pack-destination', folder], join(import.meta.dirname, '..'));
    const [tarball = ''] = readdirSync(folder);
    mkdirSync(join(folder, 'assembly'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    writeFileSync(join(folder, 'assembly/index.ts'), FILTER);
    writeFileSync(join(folder, 'use.mjs'), USE);
    npm(['install', '--no-audit', '--no-fund', `./${tarball}`], folder);
    assert.equal(execFileSync('node', ['use.mjs'], { cwd: folder, encoding: 'utf8' }).trim(), '/packed');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
