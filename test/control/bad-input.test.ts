/** What is not understood is refused and changes nothing: options in the query, metadata, and where a patch reaches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from './api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const named = (metadata: object) => ({ metadata: { name: 'x', ...metadata } });

test('options that are not understood are refused, and nothing is written', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const before = api.store.version;
  for (const [query, status] of [
    ['dryRun=Some', 422],
    ['dryRun=all', 422],
    ['fieldValidation=Nonsense', 422],
    [`fieldManager=${'x'.repeat(129)}`, 422],
    ['fieldManager=a%0d%0aSet-Cookie:x', 422],
  ] as const) {
    const answer = await api.call('POST', `${PATH}?${query}`, { token, body: named({}) });
    assert.equal(answer.status, status, query);
  }
  assert.equal(api.store.version, before);
});

test('a watch with a range that is none is refused; one that is too long lasts', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  for (const query of ['resourceVersion=abc', 'resourceVersion=-5', 'timeoutSeconds=abc', 'timeoutSeconds=-1'])
    assert.equal((await api.call('GET', `${PATH}?watch=true&${query}`, { token })).status, 400, query);
  const reading = await api.open(`${PATH}?watch=true&timeoutSeconds=99999999999&allowWatchBookmarks=true`, token);
  const reader = reading.getReader();
  await reader.read();
  const next = reader.read().then(({ done }) => done);
  const later = new Promise((resolve) => setTimeout(resolve, 100, 'open'));
  assert.equal(await Promise.race([next, later]), 'open');
  await reader.cancel();
});

test('metadata that Kubernetes would refuse is refused, on every way in', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  await api.call('POST', PATH, { token, body: { metadata: { name: 'live' } } });
  const bad: [object, number][] = [
    [{ labels: { 'x y': 'z' } }, 422],
    [{ labels: { a: '-z' } }, 422],
    [{ labels: { a: 'x'.repeat(64) } }, 422],
    [{ labels: { 'a/b/c': 'z' } }, 422],
    [{ labels: { a: { b: '1' } } }, 400],
    [{ labels: 'x' }, 400],
    [{ annotations: { a: 'x'.repeat(300_000) } }, 422],
    [{ annotations: { 'a b': '' } }, 422],
    [{ finalizers: 7 }, 400],
    [{ ownerReferences: 'x' }, 400],
  ];
  for (const [metadata, status] of bad) {
    assert.equal((await api.call('POST', PATH, { token, body: named(metadata) })).status, status);
    const merge = { token, body: { metadata }, type: 'application/merge-patch+json' };
    assert.equal((await api.call('PATCH', `${PATH}/live`, merge)).status, status);
  }
  const good = {
    labels: { 'app.kubernetes.io/name': 'web', empty: '' },
    annotations: { 'Example.com/a_b': 'any \n text' },
  };
  assert.equal((await api.call('POST', PATH, { token, body: named(good) })).status, 201);
});

test('a JSON patch reaches neither prototypes nor another object', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  await api.call('POST', PATH, { token, body: { metadata: { name: 'live' } } });
  for (const [op, path] of [
    ['add', '/__proto__/polluted'],
    ['add', '/metadata/constructor/prototype/polluted'],
    ['replace', '/metadata/name'],
    ['replace', '/metadata/namespace'],
    ['replace', '/kind'],
  ]) {
    const body = [{ op, path, value: 'other' }];
    const { status } = await api.call('PATCH', `${PATH}/live`, { token, body, type: 'application/json-patch+json' });
    assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
  }
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});

test('the paths of the parent process are none of the API’s', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  for (const path of ['/credentials', '/floor', '/live', '/snapshots/x', '/modules', '/counts', '/served/x'])
    for (const method of ['GET', 'PUT', 'POST'])
      assert.equal((await api.call(method, path, { token, ...(method !== 'GET' && { body: {} }) })).status, 404, path);
});

test('one caller’s thousands of calls are slowed down, and cost another nothing', async () => {
  const api = startApi();
  const busy = await api.token('busy', { role: 'viewer', namespace: '*' });
  const calm = await api.token('calm', { role: 'viewer', namespace: '*' });
  let refused: { status: number; headers: Headers } | undefined;
  for (let i = 0; i < 5000 && !refused; i++) {
    const answer = await api.call('GET', '/api/v1/namespaces/default', { token: busy });
    if (answer.status !== 200) refused = answer;
  }
  assert.equal(refused?.status, 429);
  assert.ok(Number(refused?.headers.get('retry-after')) >= 1);
  assert.equal((await api.call('GET', '/api/v1/namespaces/default', { token: calm })).status, 200);
});
