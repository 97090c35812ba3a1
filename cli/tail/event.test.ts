import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { fakeExchange } from '../../gateway/authn/fixture.ts';
import { foldAccessLogs } from '../../gateway/telemetry/access-log.ts';
import { ISTIO_JSON_FIELDS, ISTIO_TEXT_FORMAT } from '../../gateway/telemetry/istio-format.ts';
import { readEvents } from './deployed.ts';
import { linesOf, type TailEvent } from './event.ts';
import type { Line } from './line.ts';

function eventOf(...messages: unknown[]): TailEvent {
  return {
    outcome: 'ok',
    eventTimestamp: Date.parse('2026-01-02T03:04:05.678Z'),
    wallTime: 12,
    logs: [{ message: messages }],
    event: {
      request: { method: 'GET', url: 'https://shop.example.com/cart?x=1', headers: { 'user-agent': 'curl/8.0' } },
      response: { status: 404 },
    },
  };
}

/** The same request as the gateway logs it in Istio's text and in Istio's JSON. */
function logged(): { text: string; json: string } {
  const lines: string[] = [];
  const formats = [{ text: ISTIO_TEXT_FORMAT }, { json: ISTIO_JSON_FIELDS }];
  const log = foldAccessLogs(
    formats.map((format) => ({ format })),
    (line) => lines.push(line),
  );
  log?.(
    fakeExchange({ status: 404, details: 'route_not_found', flags: new Set(['NR'] as const), startTime: Date.now() }),
  );
  return { text: lines[0]!, json: lines[1]! };
}

test("the gateway's own line is shown, in Istio's text as in Istio's JSON", () => {
  const { text, json } = logged();
  const expected = JSON.parse(json) as Line;
  assert.deepEqual(linesOf(eventOf('something else', json)), [expected]);
  const [read] = linesOf(eventOf(text));
  assert.deepEqual(
    [read?.response_code, read?.response_flags, read?.response_code_details, read?.upstream_cluster],
    [404, 'NR', 'route_not_found', null],
  );
  assert.deepEqual({ ...read, duration: 0 }, { ...expected, duration: 0 });
});

test('without one, what the platform saw is shown, under the same keys', () => {
  const [line, ...others] = linesOf(eventOf('a line of a filter', '{"an":"object"}', { no: 'text' }));
  assert.deepEqual(others, []);
  assert.deepEqual(Object.keys(line ?? {}).sort(), Object.keys(ISTIO_JSON_FIELDS).sort());
  assert.deepEqual(
    [line?.start_time, line?.method, line?.authority, line?.path, line?.response_code, line?.duration],
    ['2026-01-02T03:04:05.678Z', 'GET', 'shop.example.com', '/cart?x=1', 404, 12],
  );
});

test('a request that failed has the outcome as its details; what is no request has no line', () => {
  const [line] = linesOf({ ...eventOf(), outcome: 'exceededCpu' });
  assert.equal(line?.response_code_details, 'exceededCpu');
  assert.deepEqual(linesOf({ ...eventOf(), event: null }), []);
  assert.deepEqual(linesOf({ ...eventOf(), event: {} }), []);
});

test('events are read from indented and from compact JSON, whatever else wrangler says', async () => {
  const events = [eventOf('one\n}'), eventOf('two')];
  const output = `Connected\n${JSON.stringify(events[0], null, 2)}\n${JSON.stringify(events[1])}\n`;
  const read: TailEvent[] = [];
  for await (const event of readEvents(Readable.from([output]))) read.push(event);
  assert.deepEqual(read, events);
});
