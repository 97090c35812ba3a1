import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimTexts, normaliseClaims } from './claims.ts';

test('the words of a space-delimited claim are matched each, those of another as one text', () => {
  const claims = normaliseClaims({ scope: 'read  write', roles: 'a b', sub: 'c d', list: ['x y'] }, ['scope', 'roles']);
  assert.deepEqual(claimTexts(claims, ['scope']), ['read', 'write']);
  assert.deepEqual(claimTexts(claims, ['roles']), ['a', 'b']);
  assert.deepEqual(claimTexts(claims, ['sub']), ['c d']);
  assert.deepEqual(claimTexts(claims, ['list']), ['x y']);
});

test('a nested claim of that name, one that is no text and one that is not there stay as they are', () => {
  const claims = { nested: { scope: 'a b' }, scope: 7 };
  assert.equal(normaliseClaims(claims, ['scope', 'toString']), claims);
  assert.deepEqual(claimTexts(claims, ['nested', 'scope']), ['a b']);
});
