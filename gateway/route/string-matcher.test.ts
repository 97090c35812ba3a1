import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { nativeRegex } from './native-regex.ts';
import { literalPrefix } from './regex-literal.ts';
import { regexTest, testOf } from './string-matcher.ts';

const ATOMS = [
  'a',
  'b',
  '/',
  '.',
  '\\.',
  '\\/',
  '-',
  '\\-',
  '\\d',
  '\\w',
  '[^/]',
  '[a-z]',
  '[ab]',
  '[^a-]',
  '[-a]',
  '(',
  ')',
  '|',
  '^',
  '$',
  '\\Q',
  '[[:alpha:]]',
  'é',
  '😀',
  '[a.]',
  '{2}',
  '[\\]a]',
  '[a\\-z]',
  ' ',
];
const pattern = fc
  .array(fc.tuple(fc.constantFrom(...ATOMS), fc.constantFrom('', '', '', '*', '+', '?', '*?')), { maxLength: 6 })
  .map((parts) => parts.map((part) => part.join('')).join(''))
  .filter(isValid);
const value = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '.', '-', '1', '_', 'é', '😀', ' ', '\n', 'Z', ']', 'Q'),
  maxLength: 8,
});

function isValid(source: string): boolean {
  try {
    RE2JS.compile(source);
    return true;
  } catch {
    return false;
  }
}

test('the native shortcut and RE2 agree on every pattern that the shortcut takes', () => {
  let taken = 0;
  fc.assert(
    fc.property(pattern, fc.array(value, { minLength: 1, maxLength: 6 }), (source, values) => {
      const native = nativeRegex(source);
      if (native === undefined) return;
      taken++;
      for (const text of values)
        assert.equal(native.test(text), RE2JS.compile(source).matches(text), `${source} on ${text}`);
    }),
    { seed: 20261121, numRuns: 6000 },
  );
  assert.ok(taken > 1000, `only ${taken} patterns were taken`);
});

test('no string that lacks the literal beginning of a pattern matches it', () => {
  fc.assert(
    fc.property(pattern, fc.array(value, { minLength: 1, maxLength: 6 }), (source, values) => {
      const prefix = literalPrefix(source);
      for (const text of values)
        if (!text.startsWith(prefix)) assert.equal(RE2JS.compile(source).matches(text), false, `${source} on ${text}`);
    }),
    { seed: 20261121, numRuns: 6000 },
  );
});

for (const [source, prefix] of [
  ['/api/v1\\.0/.*', '/api/v1.0/'],
  ['/users?/x', '/user'],
  ['/a+b', '/a'],
  ['/a|/b', ''],
  ['/a(|b)', '/a'],
  ['(?i)/a', ''],
  ['^/x$', '/x'],
] as const) {
  test(`the literal beginning of ${source}`, () => assert.equal(literalPrefix(source), prefix));
}

test('a pattern that makes backtracking matchers explode is answered at once', () => {
  const started = performance.now();
  assert.equal(regexTest('(a*)*b')('a'.repeat(2_000)), false);
  assert.equal(regexTest('.*a.*a.*a.*a.*b')('a'.repeat(2_000)), false);
  assert.ok(performance.now() - started < 1_000);
});

test('a regex must match the whole value', () => {
  assert.equal(testOf({ kind: 'regex', value: 'a' })('ab'), false);
  assert.equal(testOf({ kind: 'regex', value: 'a|ab' })('ab'), true);
});

test('an invalid pattern matches nothing', () => assert.equal(testOf({ kind: 'regex', value: '(' })('('), false));

test('letter case is ignored where the match says so', () => {
  assert.equal(testOf({ kind: 'prefix', value: 'AbC', ignoreCase: true })('aBcd'), true);
  assert.equal(testOf({ kind: 'regex', value: 'abc', ignoreCase: true })('ABC'), true);
});
