/** Hostile modules in the gateway as it is served, over HTTP: it survives, other requests are untouched, the operator sees why. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { compileFilter } from '../../sdk/build/compile.ts';
import { exchange } from '../../sdk/harness/envoy/client.ts';
import { gatewayOn, pluginOn, type ServedFilters, serveFilters } from './served.ts';

/** Gateway ports, each with its plugin; the first has none. */
const [CLEAN, CLOSED, OPEN, RELOAD, MALFORMED, EMPTY] = [8101, 8102, 8103, 8104, 8105, 8106];
const PORTS = [CLEAN, CLOSED, OPEN, RELOAD, MALFORMED, EMPTY] as number[];
let served: ServedFilters;

before(async () => {
  const { wasm } = await compileFilter(join(import.meta.dirname, '../parity/hostile/assembly/index.ts'));
  served = await serveFilters(PORTS, (folder) => {
    const file = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(folder, name), bytes);
      return `file://${join(folder, name)}`;
    };
    const hostile = file('hostile.wasm', wasm);
    const malformed = file('malformed.wasm', wasm.subarray(0, wasm.length - 100));
    return [
      ...gatewayOn(PORTS),
      pluginOn(CLOSED, 'closed', { url: hostile }),
      pluginOn(OPEN, 'open', { url: hostile, failStrategy: 'FAIL_OPEN' }),
      pluginOn(RELOAD, 'reload', { url: hostile, failStrategy: 'FAIL_RELOAD' }),
      pluginOn(MALFORMED, 'malformed', { url: malformed }),
      pluginOn(EMPTY, 'empty', { url: file('empty.wasm', Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) }),
    ];
  });
});
after(() => served.stop());

async function status(port: number | undefined, path: string, headers: Record<string, string> = {}) {
  return (await exchange(served.port(port!), { path, headers }))?.status;
}
const traps = (name: string) =>
  served.metric(`bowsprit_filter_events_total{filter="istio-system.${name}",event="traps"}`);

test('bad pointers, forbidden and huge headers harm nobody', async () => {
  for (const path of ['/pointers', '/forbidden', '/huge']) assert.equal(await status(CLOSED, path), 200, path);
  const huge = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-${i}`, 'x'.repeat(1000)]));
  assert.equal(await status(CLOSED, '/', huge), 200);
  assert.equal(await traps('closed'), 0);
});

test('an endless loop ends in its filter while other requests are answered', { timeout: 60_000 }, async () => {
  const looping = status(RELOAD, '/loop');
  const others = Array.from({ length: 20 }, () => status(CLEAN, '/'));
  assert.deepEqual([...new Set(await Promise.all(others))], [200]);
  assert.equal(await looping, 503);
  assert.match(served.log(), /"wasm":"istio-system.reload".*the filter failed: CpuBudget: one callback took more than/);
  // After the back-off a new VM serves.
  await new Promise((resolve) => setTimeout(resolve, 1600));
  assert.equal(await status(RELOAD, '/'), 200);
});

test('a memory bomb hits its own wall; FAIL_OPEN lets later requests past', async () => {
  assert.equal(await status(OPEN, '/bomb'), 503);
  assert.equal(await status(OPEN, '/'), 200);
  assert.equal(await status(CLEAN, '/'), 200);
  assert.equal(await traps('open'), 1);
  assert.match(served.log(), /"wasm":"istio-system.open".*the filter failed: .*with \d{2} MiB of memory/);
});

test('a trap leaves the port of its plugin to failStrategy, and no other', async () => {
  assert.deepEqual([await status(CLOSED, '/trap'), await status(CLOSED, '/')], [503, 503]);
  assert.deepEqual([await status(CLEAN, '/'), await status(OPEN, '/')], [200, 200]);
  assert.match(served.log(), /"wasm":"istio-system.closed".*the filter failed: RuntimeError: unreachable/);
});

test('a malformed module is left out with a finding; one that is no filter answers 503 and says why', async () => {
  assert.match(served.log(), /malformed spec.url.*malformed.wasm cannot be read: it is not a WebAssembly module/);
  assert.equal(await status(MALFORMED, '/'), 200);
  assert.equal(await status(EMPTY, '/'), 503);
  assert.match(served.log(), /"wasm":"istio-system.empty".*did not start: NO_ABI/);
});

test('all of this was one process', async () => {
  assert.equal(await served.metric('bowsprit_gateway_processes_replaced_total'), 0);
  assert.doesNotMatch(served.log(), /starting it again/);
});
