/** The dashboard: who may see it, what it shows, and that nothing a user wrote becomes markup. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from './api.ts';

const NETWORKING = '/apis/networking.istio.io/v1/namespaces/default';
const basic = (token: string) => ({ authorization: `Basic ${btoa(`ada:${token}`)}` });

test('a browser is asked for the token, and a role for one namespace is not enough', async () => {
  const api = startApi();
  const asked = await api.call('GET', '/dashboard');
  assert.equal(asked.status, 401);
  assert.match(asked.headers.get('www-authenticate') ?? '', /^Basic/);
  const viewer = await api.token('ada', { role: 'viewer', namespace: '*' });
  assert.equal((await api.call('GET', '/dashboard', { headers: basic(viewer) })).status, 200);
  assert.equal((await api.call('GET', '/dashboard', { headers: basic('bsp_guess') })).status, 401);
  const local = await api.token('bob', { role: 'admin', namespace: 'default' });
  assert.equal((await api.call('GET', '/dashboard', { headers: basic(local) })).status, 403);
  assert.equal((await api.call('POST', '/dashboard', { headers: basic(viewer) })).status, 401);
  assert.equal((await api.call('GET', '/api/v1/namespaces', { headers: basic(viewer) })).status, 401);
});

test('it shows objects with their conditions, findings and history, and no secret', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const create = (path: string, body: unknown) => api.call('POST', path, { token, body });
  await create(`${NETWORKING}/virtualservices`, {
    metadata: { name: 'web' },
    spec: {
      hosts: ['a.test'],
      gateways: ['absent'],
      http: [{ name: '<script>alert(1)</script>', directResponse: { status: 200 } }],
    },
  });
  await create('/api/v1/namespaces/default/secrets', {
    metadata: { name: 'login' },
    stringData: { a: 'canary-value' },
  });
  api.publisher.publish();
  const { text, headers } = await api.call('GET', '/dashboard', { headers: basic(token) });
  const shown = text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  assert.match(shown, /VirtualService default web True True/);
  assert.match(shown, /Snapshot [0-9a-f]{16} Revision 1 /);
  for (const needle of ['canary', 'login', '<script', token]) assert.ok(!text.includes(needle), needle);
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
});

test('what a user wrote is escaped', async () => {
  const api = startApi();
  const name = '<img src=x onerror=alert(1)>';
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const object = { kind: 'ConfigMap', metadata: { name, namespace: name } };
  api.store.put({ resource: '/configmaps', namespace: 'default', name: 'x' }, object);
  const { text } = await api.call('GET', '/dashboard', { headers: basic(token) });
  assert.ok(!text.includes('<img'));
  assert.ok(text.includes('&lt;img'));
});
