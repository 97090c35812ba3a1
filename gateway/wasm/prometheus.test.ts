import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderWasm } from './prometheus.ts';
import { pluginFor } from './registry.ts';

test('a filter that could not start is counted under its name', () => {
  const plugin = pluginFor({
    kind: 'wasm',
    name: 'default.absent',
    sha256: 'not in this bundle',
    url: '',
    pluginConfig: '',
    pluginName: '',
    failStrategy: 'FAIL_CLOSED',
    env: {},
    type: 'HTTP',
  });
  assert.equal(plugin.acquire({ has: () => false, send: () => Promise.reject(new Error('none')) }), 'refuse');
  const text = renderWasm();
  assert.match(text, /bowsprit_filter_events_total\{filter="default\.absent",event="startFailures"\} 1\n/);
  assert.match(text, /bowsprit_filter_events_total\{filter="default\.absent",event="refused"\} 1\n/);
});
