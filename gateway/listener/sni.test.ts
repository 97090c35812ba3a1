import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseServer } from './sni.ts';

const servers = [
  { hosts: ['*'] },
  { hosts: ['*.example.com'] },
  { hosts: ['*.deep.example.com', 'other.org'] },
  { hosts: ['a.example.com'] },
];

for (const [name, index] of [
  ['a.example.com', 3],
  ['A.EXAMPLE.com', 3],
  ['b.example.com', 1],
  ['x.deep.example.com', 2],
  ['deep.example.com', 1],
  ['other.org', 2],
  ['example.com', 0],
  ['', 0],
] as const) {
  test(`«${name}» means server ${index}`, () => assert.equal(chooseServer(servers, name), index));
}

test('a name that fits no server means none', () => {
  assert.equal(chooseServer(servers.slice(1), 'example.com'), -1);
  assert.equal(chooseServer(servers.slice(1), ''), -1);
});
