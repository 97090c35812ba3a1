/** Every ready-made filter: its own tests again, each request through a real Envoy too. A difference fails the test. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const FILTERS = join(import.meta.dirname, '../../filters');
const BIN = join(import.meta.dirname, '../../cli/bowsprit.mjs');
/** Their answers hang on the clock, which a test sets at the edge and Envoy takes from the machine. */
const CLOCKED = new Set(['oidc-login']);
const names = readdirSync(FILTERS).filter((name) => existsSync(join(FILTERS, name, 'test')) && !CLOCKED.has(name));

for (const name of names)
  test(`${name} does at the edge what it does in Envoy`, { timeout: 240_000 }, () => {
    const args = ['filter', 'test', join(FILTERS, name), '--envoy'];
    const { status, stdout } = spawnSync(BIN, args, { encoding: 'utf8', timeout: 220_000 });
    assert.equal(status, 0, stdout.slice(-4000));
  });
