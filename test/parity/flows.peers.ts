/** What a filter can do to a stream, step by step, at the edge and in Envoy: callbacks, forwarded request and answer. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { differences } from '../../sdk/harness/envoy/compare.ts';
import { EnvoyFilter } from '../../sdk/harness/envoy/index.ts';
import { loadFilter, type TestFilter } from '../../sdk/harness/index.ts';
import { ANSWER, flowsModule, nameOf, OPTIONS, REQUESTS } from './flows.ts';

let filter: TestFilter;
let envoy: EnvoyFilter;
before(async () => {
  const wasm = await flowsModule();
  filter = await loadFilter(wasm, OPTIONS);
  const { clusters = {} } = OPTIONS;
  const setup = { name: 'flows', rootId: '', env: {}, failStrategy: 'FAIL_CLOSED', configuration: '', clusters };
  envoy = await EnvoyFilter.start(wasm, setup);
});
after(() => envoy.stop());

for (const request of REQUESTS)
  test(`${nameOf(request)} goes as in Envoy`, async () => {
    const from = [filter.logs.length, envoy.logs.length] as const;
    const ours = await filter.request(request);
    const theirs = await envoy.request(request, () => ANSWER);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.deepEqual(differences(ours, theirs), []);
    const messages = (logs: typeof filter.logs, start: number) => logs.slice(start).map(({ message }) => message);
    assert.deepEqual(messages(filter.logs, from[0]), messages(envoy.logs, from[1]));
  });
