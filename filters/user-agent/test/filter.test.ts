import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const load = (config: unknown) => loadFilter('build/user-agent.wasm', { config });
const agent = (name: string) => ({ headers: { 'user-agent': name } });

test('denied by part, in any case; allowed goes first', async () => {
  const filter = await load({ deny: ['Bot', 'curl'], allow: ['goodbot'] });
  assert.equal((await filter.request(agent('EvilBOT/1.0'))).response?.status, 403);
  assert.ok((await filter.request(agent('GoodBot/2'))).upstream);
  assert.ok((await filter.request(agent('Mozilla/5.0'))).upstream);
});

test('no User-Agent at all', async () => {
  assert.ok((await (await load({ deny: ['bot'] })).request()).upstream);
  assert.equal((await (await load({ denyEmpty: true })).request()).response?.status, 403);
});

test('marking instead of refusing, and a client cannot mark or unmark itself', async () => {
  const filter = await load({ deny: ['bot'], markHeader: 'x-bot' });
  assert.equal((await filter.request(agent('bot'))).upstream?.headers.get('x-bot'), '1');
  const forged = { headers: { 'user-agent': 'Mozilla', 'x-bot': '1' } };
  assert.equal((await filter.request(forged)).upstream?.headers.get('x-bot'), null);
});
