import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeExchange } from '../authn/fixture.ts';
import { foldAccessLogs } from './access-log.ts';

test('every log writes one line for each exchange, without the line end of its format', () => {
  const lines: string[] = [];
  const logs = [
    { format: { text: '%REQ(:METHOD)% %RESPONSE_CODE% %RESPONSE_FLAGS% %ROUTE_NAME%\n' } },
    { format: { json: { code: '%RESPONSE_CODE%' } } },
  ];
  const log = foldAccessLogs(logs, (line) => lines.push(line));
  log?.(fakeExchange({ status: 404, flags: new Set(['NR'] as const) }));
  assert.deepEqual(lines, ['GET 404 NR -', '{"code":404}']);
});

test('without a log nothing is folded', () => assert.equal(foldAccessLogs([]), undefined));
