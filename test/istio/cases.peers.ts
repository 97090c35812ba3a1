/** What once differed from Istio's own gateway, side by side again: ./cases, in the form of ../conformance/cases without `expect`. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readCase } from '../conformance/case.ts';
import { Both } from './both.ts';

let both: Both;
before(async () => {
  both = await Both.start();
});
after(() => both?.stop());

for (const file of readdirSync(join(import.meta.dirname, 'cases')).sort())
  test(file, async () => {
    const { requests, validation } = await both.run(readCase(join('cases', file), import.meta.dirname));
    const texts = requests
      .filter(({ problems, request }) => problems.length > 0 && !request.known)
      .map(({ request, problems }) => `«${request.name}»\n  ${problems.join('\n  ')}`);
    assert.deepEqual([...validation, ...texts], []);
  });
