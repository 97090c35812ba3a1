import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from './rule.ts';

const said = (rule: string) =>
  parseRule(rule).map((alternative) =>
    alternative.map(({ name, args, not }) => `${not ? '!' : ''}${name}(${args})`).join(' '),
  );

test('and binds closer than or', () => {
  assert.deepEqual(said('Host(`a`) || Host(`b`) && Path(`/c`)'), ['Host(a)', 'Host(b) Path(/c)']);
});

test('a parenthesis is multiplied out', () => {
  assert.deepEqual(said('Host(`a`) && (Path(`/b`) || Path("/c"))'), ['Host(a) Path(/b)', 'Host(a) Path(/c)']);
});

test('a negation moves inwards', () => {
  assert.deepEqual(said('!(Host(`a`) || !Path(`/b`))'), ['!Host(a) Path(/b)']);
  assert.deepEqual(said('!(Host(`a`) && Path(`/b`))'), ['!Host(a)', '!Path(/b)']);
});

test('raw strings know no escapes', () => {
  assert.deepEqual(said('HostRegexp(`^a\\.b$`)'), ['HostRegexp(^a\\.b$)']);
});

for (const bad of ['', 'Host', 'Host(a)', 'Host(`a`) &&', 'Host(`a`) Path(`b`)', 'a.b(`c`)', '1 + 2'])
  test(`${bad || 'nothing'} is refused`, () => assert.throws(() => parseRule(bad)));
