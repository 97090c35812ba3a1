import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReferer } from './referer.ts';

test('URLs and relative references pass', () => {
  for (const value of ['https://a.example.com/b?c=d', 'http://[::1]:80/', 'android-app://com.x/', '/a:b', '//a/b', 'a'])
    assert.ok(isReferer(value), value);
});

test('fragments, users, impossible ports and other schemes do not', () => {
  for (const value of [
    'http://a/#b',
    '/a#b',
    'http://u@a/',
    'http://a:99999/',
    'http://a/b c',
    'about:blank',
    'http://',
  ])
    assert.ok(!isReferer(value), value);
});
