/** Nobody does more over the API than was granted, and nothing secret comes out of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS, resourceOf } from '../../control-api/rest/kinds.ts';
import { type Api, startApi } from './api.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const NETWORKING = '/apis/networking.istio.io/v1/namespaces';
const virtualService = (name: string, namespace = 'default') => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace },
  spec: { hosts: ['a.test'], http: [{ directResponse: { status: 200 } }] },
});
const secret = (value: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'login', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': lastApplied(value) } },
  data: { password: btoa(value) },
});
const lastApplied = (value: string) =>
  JSON.stringify({ kind: 'Secret', data: { password: btoa(value) }, stringData: { password: value } });

test('without a token nothing but health and discovery answers', async () => {
  const api = startApi();
  const kinds = KINDS.flatMap((kind) => {
    const root = kind.group ? `/apis/${kind.group}/${kind.versions[0]}` : '/api/v1';
    const collection = kind.namespaced ? `${root}/namespaces/default/${kind.plural}` : `${root}/${kind.plural}`;
    return [collection, `${collection}/name`, `${collection}/name/status`, `${root}/${kind.plural}?watch=true`];
  });
  const own = ['publications', 'snapshots/live', 'live', 'rollback/x', 'tokens', 'audit', 'findings', 'locks/x'];
  const reviews = ['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', '/dashboard', '/'];
  for (const path of [...kinds, ...own.map((name) => `/bowsprit/v1/${name}`), ...reviews]) {
    for (const method of METHODS) {
      const { status } = await api.call(method, path);
      assert.ok(status === 401 || status === 429, `${method} ${path} answered ${status}`);
    }
  }
  for (const path of ['/healthz', '/version', '/apis', '/openapi/v3']) {
    assert.equal((await api.call('GET', path)).status, 200, path);
  }
});

test('a token that is expired, revoked, cut or of another scheme is none', async () => {
  const api = startApi();
  const admin = { role: 'admin', namespace: '*' } as const;
  const { secret: expired } = await api.tokens.issue('x', [admin], Date.now() - 1);
  const { secret: revoked, info } = await api.tokens.issue('x', [admin], Date.now() + 60_000);
  assert.equal((await api.call('GET', '/api/v1/namespaces', { token: revoked })).status, 200);
  api.tokens.revoke(info.id);
  for (const token of [expired, revoked, revoked.slice(0, -1), `${revoked}0`, 'bsp_', '']) {
    assert.equal((await api.call('GET', '/api/v1/namespaces', { token })).status, 401);
  }
  const good = await api.token('x', admin);
  const basic = { authorization: `Basic ${btoa(`x:${good}`)}` };
  assert.equal((await api.call('GET', '/api/v1/namespaces', { headers: basic })).status, 401);
  assert.equal((await api.call('GET', `/api/v1/namespaces?access_token=${good}`)).status, 401);
});

test("the first admin's token, once revoked, does not come back with the next start", async () => {
  const { tokens } = startApi();
  const later = Date.now() + 60_000;
  await tokens.bootstrap('bsp_first', later);
  assert.equal((await tokens.verify('bsp_first'))?.name, 'admin');
  tokens.revoke(tokens.list()[0]!.id);
  await tokens.bootstrap('bsp_first', later);
  assert.equal(await tokens.verify('bsp_first'), undefined);
});

/** role → what it must not do; each is tried with a grant on `default` only and, where marked, on every namespace. */
const ESCALATIONS: { role: 'viewer' | 'editor' | 'admin'; everywhere?: boolean; call: [string, string, unknown?] }[] = [
  { role: 'viewer', everywhere: true, call: ['POST', `${NETWORKING}/default/virtualservices`, virtualService('a')] },
  {
    role: 'viewer',
    everywhere: true,
    call: ['PUT', `${NETWORKING}/default/virtualservices/live`, virtualService('live')],
  },
  { role: 'viewer', everywhere: true, call: ['DELETE', `${NETWORKING}/default/virtualservices/live`] },
  { role: 'viewer', everywhere: true, call: ['DELETE', `${NETWORKING}/default/virtualservices`] },
  { role: 'viewer', everywhere: true, call: ['GET', '/api/v1/namespaces/default/secrets'] },
  { role: 'viewer', everywhere: true, call: ['GET', '/api/v1/secrets?watch=true'] },
  { role: 'viewer', everywhere: true, call: ['POST', '/bowsprit/v1/rollback/x'] },
  { role: 'viewer', everywhere: true, call: ['PUT', '/bowsprit/v1/locks/x', { holder: 'somebody' }] },
  { role: 'viewer', everywhere: true, call: ['GET', '/bowsprit/v1/tokens'] },
  { role: 'viewer', everywhere: true, call: ['GET', '/bowsprit/v1/audit'] },
  { role: 'editor', call: ['POST', `${NETWORKING}/other/virtualservices`, virtualService('a', 'other')] },
  { role: 'editor', call: ['GET', `${NETWORKING}/other/virtualservices`] },
  { role: 'editor', call: ['GET', '/apis/networking.istio.io/v1/virtualservices'] },
  { role: 'editor', call: ['DELETE', '/apis/networking.istio.io/v1/virtualservices'] },
  { role: 'editor', call: ['GET', '/bowsprit/v1/snapshots/live'] },
  { role: 'editor', call: ['GET', '/bowsprit/v1/findings'] },
  { role: 'editor', everywhere: true, call: ['POST', '/api/v1/namespaces', { metadata: { name: 'mine' } }] },
  { role: 'editor', everywhere: true, call: ['DELETE', '/api/v1/namespaces/other'] },
  {
    role: 'editor',
    everywhere: true,
    call: ['POST', '/bowsprit/v1/tokens', { user: 'me', grants: [{ role: 'admin', namespace: '*' }] }],
  },
  { role: 'editor', everywhere: true, call: ['DELETE', '/bowsprit/v1/tokens/x'] },
  { role: 'admin', call: ['POST', '/bowsprit/v1/tokens', { user: 'me', grants: [{ role: 'admin', namespace: '*' }] }] },
  { role: 'admin', call: ['POST', `${NETWORKING}/other/virtualservices`, virtualService('a', 'other')] },
  { role: 'admin', call: ['POST', '/bowsprit/v1/rollback/x'] },
  { role: 'admin', call: ['GET', '/bowsprit/v1/audit'] },
];

for (const { role, everywhere, call } of ESCALATIONS) {
  test(`${role}${everywhere ? ' of everything' : ' of default'} must not ${call[0]} ${call[1]}`, async () => {
    const api = startApi();
    await plant(api);
    const before = contents(api);
    for (const namespace of everywhere ? ['default', '*'] : ['default']) {
      const token = await api.token('mallory', { role, namespace });
      const { status } = await api.call(call[0], call[1], { token, body: call[2] });
      assert.equal(status, 403);
    }
    assert.deepEqual(contents(api), before, 'nothing was written');
  });
}

/** Names and generations: the publisher writes statuses in its own time. */
function contents({ store }: Api): unknown[] {
  return KINDS.flatMap((kind) => [...store.list(resourceOf(kind), '')]).map(({ metadata }) => {
    const { name, namespace, generation } = metadata as Record<string, unknown>;
    return [namespace, name, generation];
  });
}

async function plant(api: Api): Promise<void> {
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  await api.call('POST', `${NETWORKING}/default/virtualservices`, { token, body: virtualService('live') });
  await api.call('POST', '/api/v1/namespaces/default/secrets', { token, body: secret('canary-value') });
}

test('a namespace in the body does not lead out of the namespace that was granted', async () => {
  const api = startApi();
  const token = await api.token('mallory', { role: 'editor', namespace: 'default' });
  const body = virtualService('a', 'other');
  for (const call of [
    ['POST', `${NETWORKING}/default/virtualservices`, 'application/json'],
    ['PUT', `${NETWORKING}/default/virtualservices/a`, 'application/json'],
    ['PATCH', `${NETWORKING}/default/virtualservices/a`, 'application/apply-patch+yaml'],
  ] as const) {
    const { status } = await api.call(call[0], call[1], { token, body, type: call[2] });
    assert.ok(status === 400 || status === 404, `${call[0]}: ${status}`);
  }
  assert.equal(
    api.store.get({ resource: 'networking.istio.io/virtualservices', namespace: 'other', name: 'a' }),
    undefined,
  );
});

test("a Secret's value and a token are in no answer, no log, and not readable on disk", async (t) => {
  const logged: string[] = [];
  for (const method of ['log', 'error', 'warn', 'info'] as const)
    t.mock.method(console, method, (text: unknown) => logged.push(String(text)));
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const path = '/api/v1/namespaces/default/secrets';
  const canary = 'canary-value';
  const answers: string[] = [];
  const call = async (method: string, to: string, options: Parameters<Api['call']>[2] = {}) => {
    const { text, headers } = await api.call(method, to, { token, ...options });
    answers.push(text, JSON.stringify([...headers]));
  };
  await call('POST', path, { body: secret(canary) });
  await call('POST', path, { body: secret(canary) });
  await call('GET', path);
  await call('GET', `${path}/login`);
  await call('GET', `${path}/login`, { headers: { accept: 'application/json;as=Table' } });
  await call('PUT', `${path}/login`, { body: { ...secret(canary), data: { password: `${canary}!` } } });
  await call('PATCH', `${path}/login`, {
    body: { stringData: { other: canary } },
    type: 'application/merge-patch+json',
  });
  await call('PATCH', `${path}/login`, {
    body: [{ op: 'test', path: '/data/password', value: canary }],
    type: 'application/json-patch+json',
  });
  await call('PATCH', `${path}/login?fieldManager=x`, { body: secret(canary), type: 'application/apply-patch+yaml' });
  await call('POST', path, { body: `{"data": {"password": "${canary}"` });
  await call('POST', `${path}?dryRun=All`, { body: { ...secret(canary), metadata: { name: 'dry' } } });
  await call('GET', '/bowsprit/v1/audit');
  await call('GET', '/bowsprit/v1/findings');
  await call('GET', '/bowsprit/v1/tokens');
  await call('DELETE', path);
  const seen = [...answers, ...logged, api.dump()].join('\n');
  for (const needle of [canary, btoa(canary), token, btoa(token)])
    assert.ok(!seen.includes(needle), `${needle} came out`);
});

test('the placeholder keeps the stored value, and no value can pass for a sealed one', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const path = '/api/v1/namespaces/default/secrets';
  await api.call('POST', path, { token, body: secret('first') });
  const key = { resource: '/secrets', namespace: 'default', name: 'login' };
  const stored = () => (api.store.get(key) as { data: Record<string, string> }).data.password;
  const sealed = stored();
  const { text } = await api.call('GET', `${path}/login`, { token });
  await api.call('PUT', `${path}/login`, { token, body: { ...JSON.parse(text), type: 'Opaque' } });
  assert.equal(stored(), sealed);
  const forged = await api.call('PUT', `${path}/login`, {
    token,
    body: { ...secret('x'), data: { password: sealed } },
  });
  assert.equal(forged.status, 422, 'a sealed value of elsewhere is not taken from outside');
});

test('bodies are bounded in size and depth', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const path = '/api/v1/namespaces/default/configmaps';
  const large = { metadata: { name: 'large' }, data: { a: 'x'.repeat(4 * 1024 * 1024) } };
  assert.equal((await api.call('POST', path, { token, body: large })).status, 413);
  for (const text of [`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, `${'['.repeat(100_000)}${']'.repeat(100_000)}`]) {
    assert.equal((await api.call('POST', path, { token, body: text })).status, 400);
  }
  const bomb = `a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n`;
  assert.equal((await api.call('POST', path, { token, body: bomb, type: 'application/yaml' })).status, 400);
});

test('no name leads out of its place', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  for (const name of ['..%2f..%2fx', '%2e%2e%2fx', 'a%00b', 'A', 'a%2fb', '-a', `${'a'.repeat(254)}`, '%ff', 'a..b']) {
    const { status } = await api.call('GET', `/api/v1/namespaces/default/configmaps/${name}`, { token });
    assert.ok(status === 400 || status === 404, `${name}: ${status}`);
    assert.equal(
      (await api.call('PUT', `/api/v1/namespaces/default/configmaps/${name}`, { token, body: {} })).status >= 400,
      true,
    );
  }
  for (const name of ['../x', 'a/b', '', '__proto__', 'a b']) {
    const body = { metadata: { name } };
    const { status } = await api.call('POST', '/api/v1/namespaces/default/configmaps', { token, body });
    assert.ok(status === 400 || status === 422, `${name}: ${status}`);
  }
  const patch = `{"metadata":{"__proto__":{"polluted":"yes"}},"__proto__":{"polluted":"yes"}}`;
  await api.call('PATCH', '/api/v1/namespaces/default', { token, body: patch, type: 'application/merge-patch+json' });
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});

test('guessing tokens is slowed down, and a good token still gets in', async () => {
  const api = startApi();
  const statuses: number[] = [];
  for (let i = 0; i < 30; i++)
    statuses.push((await api.call('GET', '/api/v1/namespaces', { token: `bsp_${i}` })).status);
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  assert.equal((await api.call('GET', '/api/v1/namespaces', { token })).status, 200);
});

test('no other origin may read an answer', async () => {
  const api = startApi();
  const token = await api.token('root', { role: 'admin', namespace: '*' });
  const headers = { origin: 'https://evil.test', 'access-control-request-method': 'GET' };
  for (const method of ['OPTIONS', 'GET']) {
    const answer = await api.call(method, '/api/v1/namespaces', { token, headers });
    const cors = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
    assert.deepEqual(cors, [], method);
  }
});

test('every write and every refusal is in the audit log, without bodies', async () => {
  const api = startApi();
  const editor = await api.token('ed', { role: 'editor', namespace: 'default' });
  await api.call('POST', `${NETWORKING}/default/virtualservices`, { token: editor, body: virtualService('a') });
  await api.call('POST', `${NETWORKING}/default/virtualservices`, { token: editor, body: virtualService('a') });
  await api.call('GET', `${NETWORKING}/other/virtualservices`, { token: editor });
  const entries = api.audit
    .recent(3)
    .map(({ user, verb, name, namespace, status }) => [user, verb, namespace, name, status]);
  assert.deepEqual(entries.reverse(), [
    ['ed', 'create', 'default', '', 201],
    ['ed', 'create', 'default', '', 409],
    ['ed', 'list', 'other', '', 403],
  ]);
});
