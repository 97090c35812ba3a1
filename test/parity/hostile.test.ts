/** Filters that trap, loop, eat memory or pass nonsense: the host survives, others are untouched, and it is said why. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { limitMemory } from '../../gateway/wasm/bounds/memory.ts';
import { checkModule } from '../../sdk/build/check.ts';
import { compileFilter } from '../../sdk/build/compile.ts';
import { compileModule } from '../../sdk/build/module.ts';
import { type LoadOptions, loadFilter } from '../../sdk/harness/index.ts';

let wasm: Uint8Array<ArrayBuffer>;
before(async () => {
  const entry = join(import.meta.dirname, 'hostile/assembly/index.ts');
  ({ wasm } = await compileFilter(entry, { maximumPages: 65_536 }));
});
const load = (options: LoadOptions = {}) => loadFilter(wasm, options);

test('FAIL_CLOSED: the request that traps gets 503, and so does every later one', async () => {
  const filter = await load();
  assert.equal((await filter.request({ path: '/trap' })).response?.status, 503);
  assert.equal((await filter.request({ path: '/' })).response?.status, 503);
  assert.deepEqual([filter.stats.traps, filter.stats.refused], [1, 1]);
  assert.match(filter.logs.at(-1)?.message ?? '', /the filter failed: RuntimeError: unreachable/);
});

test('FAIL_OPEN: the request that traps gets 503, later ones pass without the filter', async () => {
  const filter = await load({ failStrategy: 'FAIL_OPEN' });
  assert.equal((await filter.request({ path: '/trap' })).response?.status, 503);
  assert.equal((await filter.request({ path: '/' })).response?.status, 200);
  assert.equal(filter.stats.skipped, 1);
});

test('FAIL_RELOAD: after the back-off a new VM serves', async () => {
  const filter = await load({ failStrategy: 'FAIL_RELOAD' });
  await filter.request({ path: '/trap' });
  assert.equal((await filter.request({ path: '/' })).response?.status, 503, 'back-off');
  filter.advance(1600);
  assert.equal((await filter.request({ path: '/' })).response?.status, 200);
  assert.deepEqual([filter.stats.reloads, filter.stats.backoffs, filter.stats.traps], [1, 1, 1]);
});

test('a trap ends every request that the VM is serving, and no other', async () => {
  const [filter, other] = [await load(), await load()];
  const waiting = filter.request({ path: '/forever' });
  await filter.request({ path: '/trap' });
  assert.equal((await waiting).response?.status, 503);
  assert.equal((await other.request({ path: '/' })).response?.status, 200);
});

test('a trap in a response callback makes the answer 503', async () => {
  const filter = await load();
  assert.equal((await filter.request({ path: '/latetrap' })).response?.status, 503);
});

test('an endless loop is ended by the budget', async () => {
  const filter = await load({ cpuBudgetMs: 100 });
  assert.equal((await filter.request({ path: '/loop' })).response?.status, 503);
  assert.match(filter.logs.at(-1)?.message ?? '', /timed out after 100ms/);
});

test('a memory bomb hits its own wall', async () => {
  const filter = await load({ cpuBudgetMs: 10_000 });
  assert.equal((await filter.request({ path: '/bomb' })).response?.status, 503);
  assert.ok(filter.memory <= 64 * 1024 * 1024, `${filter.memory} bytes`);
});

test('a request that nobody ends is swept away after an hour', async () => {
  const filter = await load();
  const waiting = filter.request({ path: '/forever' });
  assert.equal(filter.openRequests, 1);
  filter.advance(2 * 60 * 60 * 1000);
  for (let i = 0; i < 1100; i++) await filter.request({ path: '/' });
  assert.equal(filter.openRequests, 0);
  assert.equal((await waiting).response, undefined);
});

test('bad pointers are statuses, not faults', async () => {
  const filter = await load();
  assert.equal((await filter.request({ path: '/pointers' })).response?.status, 200);
  assert.equal(filter.stats.traps, 0);
});

test('huge and forbidden headers harm nobody', async () => {
  const filter = await load();
  assert.equal((await filter.request({ path: '/huge' })).upstream?.headers.get('x-huge')?.length, 1 << 20);
  assert.equal((await filter.request({ path: '/forbidden' })).response?.status, 200);
});

test('a malformed module is refused by name', async () => {
  const broken = wasm.slice(0, wasm.length - 100);
  assert.equal(checkModule(broken)[0]?.code, 'MALFORMED');
  await assert.rejects(loadFilter(broken), WebAssembly.CompileError);
});

test('a module that is no filter does not start, and says why', async () => {
  const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  const filter = await loadFilter(empty);
  assert.match(filter.logs[0]?.message ?? '', /did not start: NO_ABI/);
  assert.equal((await filter.request()).response?.status, 503);
  const codes = checkModule(empty).map(({ code }) => code);
  assert.deepEqual(codes, ['NO_ABI', 'NO_ALLOCATOR', 'NO_MEMORY']);
});

test('a bound to memory leaves the module valid, and a lower one alone', () => {
  const bounded = limitMemory(wasm, 512);
  assert.notEqual(bounded, wasm);
  compileModule(new Uint8Array(bounded));
  assert.equal(limitMemory(bounded, 512), bounded);
});
