/** A minute of fire is for `npm run test:peers`; here a few seconds, which finds gross mistakes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fire, table, underAdmission } from './fire.ts';

test('no window admits more than its limit while processes are killed', { timeout: 120_000 }, async (context) => {
  const report = await fire({ processes: 4, requests: 20_000, batch: 10, kills: 3, seed: 7 });
  context.diagnostic(`\n${table(report)}`);
  assert.deepEqual(
    report.lines.map(({ exceeded }) => exceeded),
    report.lines.map(() => 0),
  );
  assert.ok(report.kills.counters + report.kills.gateways > 0, 'something was killed');
  assert.ok(report.unanswered < report.sent / 2, 'most requests were answered');
  assert.ok(underAdmission(report) < 0.03, `under-admission ${underAdmission(report)}`);
});
