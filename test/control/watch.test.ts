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

test('a client that does not read is cut off and costs the others nothing', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const reading = await api.open(`${PATH}?watch=true`, token);
  for (let n = 0; n < 20_100; n++) api.store.put(key('busy'), object('busy', n));
  let lines = 0;
  for await (const chunk of reading) lines += new TextDecoder().decode(chunk).split('\n').length - 1;
  assert.ok(lines > 10_000 && lines <= 20_010, `${lines} events came before the end`);
});

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
