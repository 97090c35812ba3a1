/** Filters of access logs as Envoy's CEL filter decides: true logs, everything else does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeExchange } from '../authn/fixture.ts';
import { foldAccessLogs } from './access-log.ts';
import { foldLogFilter } from './log-filter.ts';

const exchange = fakeExchange({ path: '/a?b=c', status: 503, headers: { 'user-agent': 'curl/8', 'x-in': 'hello' } });

const DECISIONS: [expression: string, logged: boolean][] = [
  ['response.code >= 400', true],
  ['response.code == 503', true],
  ['response.code == 200 || response.code in [500, 503]', true],
  ['response.code < 400', false],
  ["request.url_path == '/a' && request.query == 'b=c'", true],
  ["request.headers['x-in'] == 'hello'", true],
  ["request.headers['x-absent'] == 'hello'", false],
  ["'x-absent' in request.headers", false],
  ["request.useragent.startsWith('curl')", true],
  ['connection.mtls', false],
  ['response.code', false],
  ['nonsense.attribute == 1', false],
];

for (const [expression, logged] of DECISIONS) {
  test(`${expression} ${logged ? 'logs' : 'does not log'}`, () => {
    assert.equal(foldLogFilter(expression)(exchange), logged);
  });
}

test('only the logs whose filter wants the request write a line', () => {
  const lines: string[] = [];
  const log = foldAccessLogs(
    [
      { format: { text: 'all %RESPONSE_CODE%\n' } },
      { format: { text: 'errors\n' }, filter: 'response.code >= 500' },
      { format: { text: 'fine\n' }, filter: 'response.code < 500' },
    ],
    (line) => lines.push(line),
  );
  log?.(exchange);
  assert.deepEqual(lines, ['all 503', 'errors']);
});
