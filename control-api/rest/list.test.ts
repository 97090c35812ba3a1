/** Lists as a client sees them, however long: every object once, in order, whole or in pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Api, startApi } from '../../test/control/api.ts';

const COUNT = 1203;
const PATH = '/apis/networking.istio.io/v1/gateways';

interface List {
  kind: string;
  metadata: { resourceVersion: string; continue?: string };
  items: { apiVersion: string; metadata: { name: string; namespace: string } }[];
}

async function filled(): Promise<{ api: Api; token: string }> {
  const api = startApi();
  for (let i = 0; i < COUNT; i++) {
    const namespace = i % 3 === 0 ? 'other' : 'default';
    const name = `g${String(i).padStart(4, '0')}`;
    const metadata = { name, namespace, generation: 1, labels: { odd: String(i % 2) } };
    // One was written through another version of the API.
    const apiVersion = `networking.istio.io/${i === 7 ? 'v1beta1' : 'v1'}`;
    api.store.put(
      { resource: 'networking.istio.io/gateways', namespace, name },
      { apiVersion, kind: 'Gateway', metadata, spec: {} },
    );
  }
  return { api, token: await api.token('reader', { role: 'viewer', namespace: '*' }) };
}

const namesOf = ({ items }: List): string[] => items.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);
const { api, token } = await filled();
const list = async (query = '', path = PATH): Promise<List> =>
  JSON.parse((await api.call('GET', `${path}${query}`, { token })).text) as List;

test('a list without a limit holds every object once, in order, in the version that was asked for', async () => {
  const whole = await list();
  assert.equal(whole.kind, 'GatewayList');
  assert.equal(whole.items.length, COUNT);
  assert.deepEqual(namesOf(whole), namesOf(whole).toSorted());
  assert.deepEqual([...new Set(whole.items.map(({ apiVersion }) => apiVersion))], ['networking.istio.io/v1']);
  assert.equal(whole.metadata.resourceVersion, String(api.store.version));
});

for (const [what, path] of [
  ['all namespaces', PATH],
  ['one namespace', '/apis/networking.istio.io/v1/namespaces/default/gateways'],
] as const) {
  test(`pages of ${what} are the whole list, cut up`, async () => {
    const whole = namesOf(await list('', path));
    const pages: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page: List = await list(`?limit=100&continue=${encodeURIComponent(next)}`, path);
      assert.ok(page.items.length <= 100);
      pages.push(...namesOf(page));
      next = page.metadata.continue;
    }
    assert.deepEqual(pages, whole);
  });
}

test('a selector selects from all of them, in a list and in pages', async () => {
  const whole = await list('?labelSelector=odd%3D1');
  assert.equal(whole.items.length, Math.floor(COUNT / 2));
  const page = await list('?labelSelector=odd%3D1&limit=10');
  assert.deepEqual(namesOf(page), namesOf(whole).slice(0, 10));
  assert.equal((await list('?fieldSelector=metadata.name%3Dg0007')).items.length, 1);
  assert.equal((await list('?labelSelector=odd%3D2')).items.length, 0);
});
