/** Random configurations at Istio's own gateway and at ours: the same refusals, the same answers, the same requests beyond. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import type { ConformanceCase } from '../conformance/case.ts';
import { Both } from './both.ts';
import { randomCase } from './random-case.ts';
import { randomHosts } from './random-hosts.ts';

const SEED = Number(process.env.BOWSPRIT_FUZZ_SEED ?? 20261121);
const CONFIGURATIONS = Number(process.env.BOWSPRIT_FUZZ_CONFIGURATIONS ?? 5);

let both: Both;
let served = 0;
before(async () => {
  both = await Both.start();
});
after(() => both?.stop());

for (const [what, make] of [
  ['routes and policies', randomCase],
  ['hosts and gateways', randomHosts],
] as const)
  for (let seed = SEED; seed < SEED + CONFIGURATIONS; seed++)
    test(`random ${what} ${seed}`, async () => {
      const one = make(seed);
      const { requests, validation } = await both.run(one);
      if (requests.length > 0) served++;
      const differing = requests.filter(({ problems }) => problems.length > 0);
      const texts = differing.map(({ request, problems }) => `«${request.name}»\n  ${problems.join('\n  ')}`);
      const all = [...validation, ...texts];
      assert.equal(all.length, 0, `${all.slice(0, 10).join('\n')}\n${all.length} in all: ${kept(one)}`);
    });

test('most of them are served and not refused', () => {
  assert.ok(served > CONFIGURATIONS, `${served} of ${2 * CONFIGURATIONS}`);
});

/** The command that shows it again. */
function kept({ file, config, mesh, requests }: ConformanceCase): string {
  const name = join(mkdtempSync(join(tmpdir(), 'bowsprit-istio-')), file.replace('/', '-'));
  writeFileSync(name, stringify({ config, mesh, requests }));
  return `node test/istio/compare.ts ${name}`;
}
