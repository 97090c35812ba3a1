import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { forwardTo } from '../../../test/support/snapshot.ts';
import { fakeExchange } from '../../authn/fixture.ts';
import type { Exchange } from '../../exchange.ts';
import { CopyOnWriteHeaders } from '../../listener/header-view.ts';
import { jsonRender } from './json.ts';
import { FormatError, parseFormat } from './parse.ts';
import { headerRender, logRender } from './render.ts';
import { formatTime } from './time.ts';

function exchange(
  fields: Partial<Omit<Exchange, 'requestHeaders'>> & { headers?: Record<string, string> } = {},
): Exchange {
  return fakeExchange({ path: '/a?b=c', status: 200, ...fields, headers: { 'x-in': 'hello', ...fields.headers } });
}

const upstream = {
  cluster: 'outbound|8080||reviews.default.svc.cluster.local',
  endpoint: { address: '10.0.0.7', port: 8080, labels: {}, weight: 1 },
  attempts: 2,
  failure: undefined,
};

for (const [format, expected] of [
  ['plain', 'plain'],
  ['50%% off', '50% off'],
  ['%REQ(x-in)%', 'hello'],
  ['%REQ(X-None?X-In)%', 'hello'],
  ['%REQ(x-in):3%', 'hel'],
  ['pre-%REQ(absent)%-post', 'pre--post'],
  ['%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %PROTOCOL%', 'GET /a?b=c app.example.com HTTP/1.1'],
  ['%REQ_WITHOUT_QUERY(:PATH)%', '/a'],
  ['%PATH(NQ)%', '/a'],
  ['%QUERY_PARAM(b)%', 'c'],
  ['%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', '127.0.0.2:40000 127.0.0.2'],
  ['%UPSTREAM_HOST% %UPSTREAM_CLUSTER%', `10.0.0.7:8080 ${upstream.cluster};`],
  ['%UPSTREAM_REQUEST_ATTEMPT_COUNT% %RESPONSE_CODE%', '2 200'],
  ['[%DOWNSTREAM_TLS_VERSION%%ENVIRONMENT(ABSENT)%]', '[-]'],
  ['%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:p:sub)%', 'me'],
  ['%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:p:groups)%', '["a","b"]'],
  ['%START_TIME(%Y-%m-%dT%H:%M:%S.%3f)%', '2026-01-02T03:04:05.678'],
] as const) {
  test(`a header value of ${format}`, () => {
    const verified = new Map([['p', { sub: 'me', groups: ['a', 'b'] }]]);
    const context = exchange({ upstream, verified, startTime: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
    assert.equal(headerRender(format)(context), expected);
  });
}

test('what has no value is a dash in a log line', () => {
  assert.equal(logRender('"%REQ(absent)%" %RESPONSE_FLAGS%')(exchange()), '"-" -');
});

test('flags are listed by their short names', () => {
  assert.equal(logRender('%RESPONSE_FLAGS%')(exchange({ flags: new Set(['URX', 'UF'] as const) })), 'URX,UF');
});

test('JSON keeps the types of lone operators, knows null and nests', () => {
  const render = jsonRender({
    z: '%RESPONSE_CODE%',
    a: { no: '%REQ(absent)%', two: '%REQ(absent)%/%RESPONSE_CODE%' },
    n: 7,
  });
  assert.equal(render(exchange()), '{"a":{"no":null,"two":"-/200"},"n":7,"z":200}');
});

for (const format of ['%', '100%', '%REQ(x', '%req(x)%']) {
  test(`${format} is no format`, () => {
    assert.throws(() => parseFormat(format), FormatError);
    assert.equal(headerRender(format)(exchange()), format);
  });
}

test('text without operators is written as it is, whatever it is, and nothing ever throws', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('%', '%%', '%REQ(', '%REQ(x)%', ':3%', '%START_TIME(', ')%'));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const format = pieces.join('');
      const written = headerRender(format)(exchange());
      if (!format.includes('%')) assert.equal(written, format);
    }),
    { seed: 20261121, numRuns: 2000 },
  );
});

test('times are formatted as strftime does, with seconds and fractions', () => {
  const time = Date.UTC(2026, 10, 1, 0, 5, 9, 42);
  assert.equal(formatTime(time, ''), '2026-11-01T00:05:09.042Z');
  assert.equal(
    formatTime(time, '%s %s.%6f %a %b %e %I%p'),
    `${time / 1000 - 0.042} ${time / 1000 - 0.042}.042000 Sun Nov  1 12AM`,
  );
});

test('flags have Envoy’s long names', () =>
  assert.equal(
    logRender('%RESPONSE_FLAGS_LONG%')(exchange({ flags: new Set(['URX', 'FI'] as const) })),
    'UpstreamRetryLimitExceeded,FaultInjected',
  ));

test('a cluster is that of the route where no try was made, and none where it does not exist', () => {
  const route = forwardTo('up');
  const line = logRender('%UPSTREAM_CLUSTER_RAW%');
  assert.equal(line(exchange({ route })), 'up');
  assert.equal(line(exchange({ route, flags: new Set(['NC'] as const) })), '-');
});

test('a connection that failed reached nobody', () => {
  const failed = { ...upstream, failure: 'connect' };
  const format = logRender(
    '%UPSTREAM_HOST% %UPSTREAM_REMOTE_PORT% %UPSTREAM_PROTOCOL% %UPSTREAM_TRANSPORT_FAILURE_REASON%',
  );
  assert.equal(format(exchange({ upstream: failed })), '10.0.0.7:8080 - - delayed_connect_error:_Connection_refused');
});

test('a gRPC status is told by name and by number, to gRPC alone', () => {
  const format = logRender('%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS_NUMBER%');
  const responseHeaders = new CopyOnWriteHeaders(new Headers({ 'grpc-status': '8' }));
  const asked = (type: string) => format(exchange({ headers: { 'content-type': type }, responseHeaders }));
  assert.equal(asked('application/grpc'), 'ResourceExhausted RESOURCE_EXHAUSTED 8');
  assert.equal(asked('text/plain'), '- - -');
});

test('nothing is sent to a HEAD', () => {
  const responseHeaders = new CopyOnWriteHeaders(new Headers({ 'content-length': '5' }));
  assert.equal(logRender('%BYTES_SENT%')(exchange({ method: 'HEAD', responseHeaders })), '0');
  assert.equal(logRender('%BYTES_SENT%')(exchange({ responseHeaders })), '5');
});
