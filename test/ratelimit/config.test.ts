/** Cases of kind `config`: what envoyproxy/ratelimit said about a file, asked of `bowsprit ratelimit check`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkLimits } from '../../cli/ratelimit/check.ts';
import { casesOf } from './cases.ts';

const directory = mkdtempSync(join(tmpdir(), 'ratelimit-config-'));
after(() => rmSync(directory, { recursive: true }));

for (const { file, content } of casesOf('config')) {
  const files = Object.entries(content.ratelimit?.files ?? {}).map(([name, text]) => ({ name, content: text }));
  test(`${file}: ${content.about}`, () => {
    const checked = checkLimits(files, false);
    const expected = content.expect?.server_at_start?.log_error?.replaceAll('\\n', '\n') ?? null;
    assert.equal(checked.ok ? null : checked.error, expected);
  });
}

test('the command prints the text and the place, and exits 79 for an error and 0 without', () => {
  const bad = join(directory, 'bad.yaml');
  const good = join(directory, 'good.yaml');
  writeFileSync(bad, 'domain: d\ndescriptors:\n- key: k\n  rate_limit: {unit: eon}\n');
  writeFileSync(good, 'domain: d\n');
  const run = (file: string) =>
    spawnSync(process.execPath, ['cli/main.ts', 'ratelimit', 'check', file], { encoding: 'utf8' });
  const failed = run(bad);
  assert.equal(failed.status, 79);
  assert.ok(failed.stderr.includes(`${bad}: invalid rate limit unit 'eon'\n  at ${bad}:3:3`), failed.stderr);
  assert.equal(run(good).status, 0);
});
