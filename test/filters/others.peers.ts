/** Filters of other people's toolchains: a Rust one with the proxy-wasm crate, a Go one on plain imports, at the edge and in Envoy. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkModule } from '../../sdk/build/check.ts';
import { loadFilter } from '../../sdk/harness/index.ts';

const here = import.meta.dirname;
let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'others-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Installs the target's standard library where rustup can; fails where it cannot. */
function rust(): string {
  const cwd = join(here, 'rust');
  execFileSync('rustup', ['target', 'add', 'wasm32-wasip1'], { stdio: 'ignore' });
  const env = { ...process.env, CARGO_TARGET_DIR: join(folder, 'rust') };
  execFileSync('cargo', ['build', '--release', '--locked', '--target', 'wasm32-wasip1'], { cwd, env, stdio: 'ignore' });
  return join(folder, 'rust/wasm32-wasip1/release/rust_filter.wasm');
}

function go(): string {
  const file = join(folder, 'go.wasm');
  const env = { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-mod=mod' };
  const args = ['build', '-buildmode=c-shared', '-ldflags=-s -w', '-o', file, '.'];
  execFileSync('go', args, { cwd: join(here, 'go'), env, stdio: 'ignore' });
  return file;
}

for (const [language, build] of [
  ['Rust', rust],
  ['Go', go],
] as const)
  test(`a ${language} filter does at the edge what it does in Envoy`, { timeout: 300_000 }, async () => {
    const wasm = await readFile(build());
    assert.deepEqual(checkModule(new Uint8Array(wasm)), []);
    const filter = await loadFilter(wasm, { config: 'hello', cpuBudgetMs: 10_000 });
    const envoy = await filter.compareWithEnvoy(wasm);
    try {
      const { upstream, response } = await filter.request({ path: '/a', headers: { 'x-a': '1' } });
      assert.equal(upstream?.headers.get('x-greeting'), 'hello');
      assert.equal(response?.headers.get('x-filter'), 'ran');
      const denied = await filter.request({ path: '/deny' });
      assert.equal(denied.response?.status, 403);
      assert.equal(denied.response?.body, 'denied\n');
      assert.equal(denied.response?.headers.get('x-why'), 'denied');
      await filter.request({ path: '/a', body: ['in ', 'pieces'] });
    } finally {
      envoy?.stop();
    }
  });
