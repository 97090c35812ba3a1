/** The long fire: sixteen gateway processes, 200,000 requests. Prints its table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fire, table, underAdmission } from './fire.ts';

test('200,000 requests from 16 processes under fire', { timeout: 540_000 }, async () => {
  const report = await fire({ processes: 16, requests: 200_000, batch: 10, kills: 12, seed: Date.now() });
  console.log(table(report));
  assert.ok(
    report.lines.every(({ exceeded }) => exceeded === 0),
    'a window admitted more than its limit',
  );
  assert.ok(underAdmission(report) < 0.01, `under-admission ${underAdmission(report)}`);
});
