import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalisePath, normaliseTarget } from './normalise-path.ts';

for (const [raw, expected] of [
  ['/', '/'],
  ['/a/b.c/..d/.e', '/a/b.c/..d/.e'],
  ['/%61dmin', '/admin'],
  ['/%7Euser%2D%5f', '/~user-_'],
  ['/a/../admin', '/admin'],
  ['/a/%2e%2E/admin', '/admin'],
  ['/a/..', '/'],
  ['/a/b/..', '/a/'],
  ['/a/.', '/a/'],
  ['/../../x', '/x'],
  ['/x\\..\\admin', '/admin'],
  ['/.;/admin', '/admin'],
  ['/a/..;v=1/b', '/b'],
  ['/a/%2e%2e;v=1/b', '/a/..;v=1/b'],
  ['/a/..;\\b', '/'],
  ['/a/..;%2f/b', '/b'],
  ['//a//b', '//a//b'],
  ['/a%2f..%2Fb', '/a%2f..%2Fb'],
  ['/%5cadmin', '/%5cadmin'],
  ['/a|b"<>^`{}', '/a%7Cb%22%3C%3E%5E%60%7B%7D'],
  ['/a%zz%', '/a%zz%'],
  ['/%C3%a9', '/%C3%a9'],
  ['/admin;x', '/admin;x'],
  ['/a%00b', undefined],
] as const) {
  test(`BASE makes ${raw} into ${expected}`, () => assert.equal(normalisePath(raw, 'BASE'), expected));
}

for (const [raw, merged, decoded] of [
  ['///a///b', '/a/b', '/a/b'],
  ['///', '//', '//'],
  ['/x//../admin', '/x/admin', '/x/admin'],
  ['/%2fadmin', '/%2fadmin', '/admin'],
  ['/a%2f..%5Cb', '/a%2f..%5Cb', '/b'],
] as const) {
  test(`${raw} with slashes merged, and decoded`, () => {
    assert.equal(normalisePath(raw, 'MERGE_SLASHES'), merged);
    assert.equal(normalisePath(raw, 'DECODE_AND_MERGE_SLASHES'), decoded);
  });
}

test('NONE leaves a path as it is', () => assert.equal(normalisePath('/a/../%61\\|', 'NONE'), '/a/../%61\\|'));

const MODES = ['BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;
const piece = fc.constantFrom(
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  '%2f',
  '%5c',
  '\\',
  'a',
  '%61',
  '%',
  '%0',
  ';x',
  '|',
  '%25',
  'é',
  ' ',
);
const paths = fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join('')}`);

test('what comes out has no dot segment, no back slash and nothing that must be escaped, and stays below the root', () => {
  fc.assert(
    fc.property(paths, fc.constantFrom(...MODES), (raw, mode) => {
      const normal = normalisePath(raw, mode)!;
      assert.ok(normal.startsWith('/'), normal);
      assert.doesNotMatch(normal, /[\\|"<>^`{}]|[^\x21-\x7e]/);
      assert.ok(!normal.split('/').some((segment) => segment === '.' || segment === '..'), normal);
      if (mode !== 'BASE' && normal !== '//') assert.doesNotMatch(normal, /\/\//);
    }),
    { seed: 20261121, numRuns: 5000 },
  );
});

test('a path without anything suspicious is left alone', () => {
  const plain = fc.array(
    fc.constantFrom('a', 'Z', '0', '-', '_', '~', '!', '$', '&', "'", '(', ')', '*', '+', ',', ';', '=', ':', '@'),
  );
  fc.assert(
    fc.property(fc.array(plain), (segments) => {
      const path = `/${segments.map((characters) => characters.join('')).join('/')}`;
      assert.equal(normalisePath(path, 'BASE'), path);
    }),
    { seed: 20261121 },
  );
});

test('a query is neither looked at nor changed', () => {
  assert.equal(normaliseTarget('/a?x=/../%61', 'BASE'), '/a?x=/../%61');
  assert.equal(normaliseTarget('/a/../%62?x=/../%61', 'BASE'), '/b?x=/../%61');
  assert.equal(normaliseTarget('/%61', 'BASE'), '/a');
  assert.equal(normaliseTarget('/a%00?b', 'BASE'), undefined);
  assert.equal(normaliseTarget('/a?b=%00', 'BASE'), '/a?b=%00');
});
