import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionPool } from '../../snapshot.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { Host } from './host.ts';

const FOREVER = Number.POSITIVE_INFINITY;
const [one, other] = [1, 2].map((port) => new Host({ address: 'h', port, labels: {}, weight: 1 }, 0)) as [Host, Host];
const limited = (connectionPool: ConnectionPool) => new CircuitBreaker({ connectionPool });

/** Admits, which has to succeed. */
async function admit(breaker: CircuitBreaker, host = one): Promise<() => void> {
  const release = await breaker.admit(host, FOREVER);
  assert.equal(typeof release, 'function', `not admitted: ${String(release)}`);
  return release as () => void;
}

test('nothing said: nothing limited', () => {
  assert.equal(new CircuitBreaker({}).limits, false);
  assert.equal(new CircuitBreaker({}).limitsRetries, false);
  assert.equal(limited({ maxRetries: 1 }).limits, false);
});

test('past http2MaxRequests a request overflows, until another has ended', async () => {
  const breaker = limited({ http2MaxRequests: 1 });
  const release = await admit(breaker);
  assert.equal(await breaker.admit(one, FOREVER), 'overflow');
  release();
  await admit(breaker);
});

test('a request waits for a connection, in turn', async () => {
  const breaker = limited({ maxConnections: 1 });
  const order: number[] = [];
  const first = await admit(breaker);
  const waiting = [1, 2, 3].map(async (number) => {
    const release = await admit(breaker);
    order.push(number);
    setImmediate(release);
  });
  assert.deepEqual(order, []);
  first();
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2, 3]);
});

test('so many may wait, and so long', async () => {
  const breaker = limited({ maxConnections: 1, http1MaxPendingRequests: 1 });
  const release = await admit(breaker);
  const waiting = breaker.admit(one, 60);
  assert.equal(await breaker.admit(one, FOREVER), 'overflow');
  assert.equal(await waiting, 'timeout');
  release();
  await admit(breaker);
});

test('whoever waits is not counted as a request, and looks for himself when nobody calls him', async () => {
  const breaker = limited({ maxConnections: 1, http2MaxRequests: 1 });
  const release = await admit(breaker);
  const waiting = admit(breaker);
  setTimeout(release, 10);
  await waiting;
});

test('a host without any connection gets one whatever the limit', async () => {
  const breaker = limited({ maxConnections: 1 });
  await admit(breaker, one);
  await admit(breaker, other);
  assert.equal(await breaker.admit(other, 0), 'timeout');
});

test('retries count from the decision to their end', () => {
  const breaker = limited({ maxRetries: 1 });
  const retry = breaker.beginRetry(0)!;
  assert.equal(breaker.beginRetry(0), undefined);
  retry.count--;
  assert.ok(breaker.beginRetry(0));
});

test('a budget stands in place of maxRetries: a percentage of the requests in flight, and never less than its least', async () => {
  const breaker = new CircuitBreaker({
    connectionPool: { maxRetries: 100 },
    retryBudget: { percent: 50, minRetryConcurrency: 1 },
  });
  const retries = () => Array.from({ length: 10 }, () => breaker.beginRetry(Date.now())).filter(Boolean).length;
  assert.equal(retries(), 1);
  for (let i = 0; i < 7; i++) await admit(breaker);
  assert.equal(retries(), 2);
});
