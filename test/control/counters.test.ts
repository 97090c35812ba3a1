/** Counters over the API: to be looked at by readers, set back by writers, every reset in the audit log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from './api.ts';

const COUNTERS = '/bowsprit/v1/counters';

test('a viewer sees counters and may not reset them; a reset is audited and happens once', async () => {
  const api = startApi();
  const viewer = await api.token('reader', { role: 'viewer', namespace: '*' });
  const admin = await api.token('operator', { role: 'admin', namespace: '*' });
  const seen = await api.call('GET', `${COUNTERS}?prefix=d_`, { token: viewer });
  assert.equal(JSON.parse(seen.text).items[0].count, 3);
  assert.equal((await api.call('DELETE', `${COUNTERS}?name=d_k_v_`, { token: viewer })).status, 403);
  assert.equal((await api.call('DELETE', `${COUNTERS}?name=d_k_v_`, { token: admin })).status, 200);
  assert.equal((await api.call('DELETE', `${COUNTERS}?name=d_k_v_`, { token: admin })).status, 404);
  const entry = api.audit.recent(10).find(({ resource }) => resource === 'bowsprit.dev/counters');
  assert.deepEqual([entry?.user, entry?.verb, entry?.name], ['operator', 'delete', 'd_k_v_']);
});
