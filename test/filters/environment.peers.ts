/** vmConfig.env: values as they are written, in the served gateway as in Envoy; HOST has none at an edge, and it is said. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { compileFilter } from '../../sdk/build/compile.ts';
import { EnvoyFilter } from '../../sdk/harness/envoy/index.ts';
import { gatewayOn, pluginOn, serveFilters } from './served.ts';

const VALUES = { LEVEL: 'high', EMPTY: '', WITH_SIGN: 'a=b c' };
const lines = (text: string) => text.split('\n').filter(Boolean).sort();
let wasm: Uint8Array<ArrayBuffer>;
before(async () => {
  ({ wasm } = await compileFilter(join(import.meta.dirname, 'environment/assembly/index.ts')));
});

test('a served filter sees the values, none from the host, and a finding says so', { timeout: 60_000 }, async () => {
  const values = Object.entries(VALUES).map(([name, value]) => ({ name, value }));
  const env = [...values, { name: 'PATH', valueFrom: 'HOST' }];
  const served = await serveFilters([80], (folder) => {
    writeFileSync(join(folder, 'environment.wasm'), wasm);
    const url = `file://${join(folder, 'environment.wasm')}`;
    return [...gatewayOn([80]), pluginOn(undefined, 'environment', { url, vmConfig: { env } })];
  });
  try {
    const text = await (await fetch(`http://127.0.0.1:${served.port(80)}/`)).text();
    assert.deepEqual(lines(text), ['EMPTY=', 'LEVEL=high', 'WITH_SIGN=a=b c']);
    assert.match(served.log(), /BSP0504.*vmConfig\.env\[3\].*PATH/);
  } finally {
    await served.stop();
  }
});

test('Envoy shows the same values', async () => {
  const options = {
    name: 'env',
    rootId: '',
    env: VALUES,
    failStrategy: 'FAIL_CLOSED',
    configuration: '',
    clusters: {},
  };
  const envoy = await EnvoyFilter.start(wasm, options as never);
  try {
    const { response } = await envoy.request({ path: '/' }, () => ({}));
    assert.deepEqual(lines(response?.body ?? ''), ['EMPTY=', 'LEVEL=high', 'WITH_SIGN=a=b c']);
  } finally {
    envoy.stop();
  }
});
