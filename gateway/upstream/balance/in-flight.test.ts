import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlight } from './in-flight.ts';

test('what began counts until it ends, in a later span too', () => {
  const flights = new InFlight();
  const first = flights.begin(29_000);
  flights.begin(31_000);
  assert.equal(flights.count(31_000), 2);
  first.count--;
  assert.equal(flights.count(31_000), 1);
});

test('what never ends is forgotten after the second span, whoever asks', () => {
  const flights = new InFlight();
  flights.begin(1_000);
  assert.equal(flights.count(59_000), 1);
  assert.equal(flights.count(60_000), 0);
  flights.begin(61_000);
  assert.equal(flights.count(600_000), 0);
});

test('an end that comes after it was forgotten changes nothing', () => {
  const flights = new InFlight();
  const late = flights.begin(0);
  flights.begin(90_000);
  late.count--;
  assert.equal(flights.count(90_000), 1);
});
