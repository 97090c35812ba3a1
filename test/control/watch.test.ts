/** Watches over HTTP: bookmarks, an expired resourceVersion, and a client that does not read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from './api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const key = (name: string) => ({ resource: '/configmaps', namespace: 'default', name });
const object = (name: string, n = 0) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: name, generation: 1 },
  data: { n: String(n) },
});

test('a resourceVersion from before the log is answered with 410, and listing again goes on', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  for (let n = 0; n < 20_100; n++) api.store.put(key('busy'), object('busy', n));
  const expired = await api.call('GET', `${PATH}?watch=true&resourceVersion=2`, { token });
  assert.equal(expired.status, 410);
  assert.equal(JSON.parse(expired.text).reason, 'Expired');
  const { metadata } = JSON.parse((await api.call('GET', PATH, { token })).text);
  api.store.put(key('new'), object('new'));
  const watch = `${PATH}?watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`;
  const { text } = await api.call('GET', watch, { token });
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ type, object: seen }) => [type, seen.metadata.name]),
    [
      ['ADDED', 'new'],
      ['BOOKMARK', undefined],
    ],
  );
});

/** Everything until the stream ends. */
async function eventsOf(stream: AsyncIterable<Uint8Array>) {
  let text = '';
  for await (const part of stream) text += new TextDecoder().decode(part);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('a client that reads slowly is told of everything, from the log', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const reading = await api.open(`${PATH}?watch=true`, token);
  for (let n = 0; n < 15_000; n++) api.store.put(key('busy'), object('busy', n));
  let next = 0;
  for await (const part of reading) {
    assert.equal(JSON.parse(new TextDecoder().decode(part)).object.data.n, String(next++));
    if (next === 15_000) break;
  }
});

test('a client that reads so slowly that the log goes on without it is told so', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const reading = await api.open(`${PATH}?watch=true`, token);
  for (let n = 0; n < 25_000; n++) api.store.put(key('busy'), object('busy', n));
  const { type, object: status } = (await eventsOf(reading)).at(-1);
  assert.deepEqual([type, status.code, status.reason], ['ERROR', 410, 'Expired']);
});

const WATCH_LIST = `${PATH}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;

test('a list by a watch shows every object once as it is then, though they change meanwhile, and says where they end', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  for (let n = 1000; n < 4000; n++) api.store.put(key(`o${n}`), object(`o${n}`));
  const reader = (await api.open(`${WATCH_LIST}&resourceVersion=${api.store.version}`, token)).getReader();
  const known = new Map<string, string>();
  const late: string[] = [];
  for (let n = 0; ; n++) {
    const { type, object: seen } = JSON.parse(new TextDecoder().decode((await reader.read()).value));
    const { name, resourceVersion, annotations } = seen.metadata;
    if (type === 'BOOKMARK') {
      assert.deepEqual(annotations, { 'k8s.io/initial-events-end': 'true' });
      assert.equal(resourceVersion, String(api.store.version));
      break;
    }
    if ((type === 'ADDED') === known.has(name)) late.push(`${type} ${name}`);
    if (type === 'DELETED') known.delete(name);
    else known.set(name, resourceVersion);
    if (n % 3 > 0 || n > 2500) continue;
    const other = `o${1000 + ((n * 617) % 3200)}`;
    if (n % 2 === 0) api.store.put(key(other), object(other, n));
    else api.store.delete(key(other));
  }
  await reader.cancel();
  const stored = [...api.store.list('/configmaps', 'default')].map(
    ({ metadata }) => metadata as Record<string, string>,
  );
  assert.deepEqual(new Map([...known].sort()), new Map(stored.map((meta) => [meta.name, meta.resourceVersion])));
  assert.deepEqual(late, []);
});

for (const [query, status] of [
  ['sendInitialEvents=true', 422],
  ['sendInitialEvents=true&resourceVersionMatch=Exact', 422],
  ['resourceVersionMatch=NotOlderThan', 422],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999', 410],
  ['sendInitialEvents=false&resourceVersionMatch=NotOlderThan&timeoutSeconds=1', 200],
] as const) {
  test(`a watch with ${query} is answered ${status}`, async () => {
    const api = startApi();
    const token = await api.token('root', { role: 'admin', namespace: '*' });
    api.store.put(key('present'), object('present'));
    const answer = await api.call('GET', `${PATH}?watch=true&${query}`, { token });
    assert.equal(answer.status, status);
    if (status === 200) assert.equal(answer.text, '');
  });
}

test('a watch that is cut off again and again sees every change once and in order', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  let last = api.store.version;
  const first = last;
  const seen: string[] = [];
  for (let round = 0, n = 0; round < 40; round++) {
    const reader = (await api.open(`${PATH}?watch=true&resourceVersion=${last}`, token)).getReader();
    for (let i = 0; i < 50; i++, n++) {
      const name = `o${n % 17}`;
      if (n % 5 === 4) api.store.delete(key(name));
      else api.store.put(key(name), object(name, n));
    }
    const reads = 1 + ((round * 7) % 60);
    for (let i = 0; i < reads && last < api.store.version; i++) {
      const event = JSON.parse(new TextDecoder().decode((await reader.read()).value));
      last = Number(event.object.metadata.resourceVersion);
      seen.push(`${last} ${event.type} ${event.object.metadata.name}`);
    }
    await reader.cancel();
  }
  const logged = [...api.store.changesSince(first, '/configmaps')].filter(
    ({ resourceVersion }) => resourceVersion <= last,
  );
  const expected = logged.map(({ resourceVersion, type, name }) => `${resourceVersion} ${type} ${name}`);
  assert.ok(expected.length > 1000, `${expected.length} changes`);
  assert.deepEqual(seen, expected);
});
