import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const CLUSTER = 'outbound|443||login.example.com';
const NOW = Math.floor(Date.now() / 1000);
const config = {
  issuer: 'https://login.example.com',
  authorizationEndpoint: 'https://login.example.com/authorize',
  tokenCluster: CLUSTER,
  tokenAuthority: 'login.example.com',
  clientId: 'shop',
  clientSecret: 's3 cret',
  cookieSecret: randomBytes(32).toString('base64'),
  openPaths: ['/healthz'],
};

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const good = { iss: config.issuer, aud: 'shop', sub: 'u1', email: 'u@example.com', exp: NOW + 3600 };
const page = {
  path: '/cart?x=1',
  authority: 'shop.example.com',
  headers: { accept: 'text/html', 'x-forwarded-proto': 'https', 'x-request-id': 'r1' },
};

/** The provider: answers the token request with these claims, and remembers the form. */
function provider(claims: (nonce: string) => unknown, status = 200) {
  const seen: { form?: URLSearchParams; nonce: string } = { nonce: '' };
  const clusters = {
    [CLUSTER]: (call: { body: string }) => {
      seen.form = new URLSearchParams(call.body);
      return { status, body: JSON.stringify({ id_token: `${part({})}.${part(claims(seen.nonce))}.sig` }) };
    },
  };
  return { seen, load: () => loadFilter('build/oidc-login.wasm', { config, clusters, now: 'real' }) };
}

const cookieOf = (lines: string[] | undefined, name: string) =>
  lines?.find((line) => line.startsWith(`${name}=`))?.split(';')[0] ?? '';

async function login(claims: (nonce: string) => unknown, status?: number) {
  const { seen, load } = provider(claims, status);
  const filter = await load();
  const begun = (await filter.request(page)).response;
  const target = new URL(begun?.headers.get('location') ?? '');
  seen.nonce = target.searchParams.get('nonce') ?? '';
  const cookie = cookieOf(begun?.headers.all('set-cookie'), 'bowsprit-session-login');
  const back = {
    ...page,
    path: `/oauth2/callback?code=c%2F1&state=${target.searchParams.get('state')}`,
    headers: { ...page.headers, cookie },
  };
  const { response } = await filter.request(back);
  return { filter, begun, target, seen, back, response };
}

test('a page is sent to the provider, with PKCE and its own address to come back to', async () => {
  const { target, begun } = await login((nonce) => ({ ...good, nonce }));
  assert.equal(begun?.status, 302);
  assert.equal(target.origin + target.pathname, config.authorizationEndpoint);
  assert.equal(target.searchParams.get('redirect_uri'), 'https://shop.example.com/oauth2/callback');
  assert.equal(target.searchParams.get('code_challenge_method'), 'S256');
  assert.match(begun?.headers.all('set-cookie').join() ?? '', /HttpOnly; SameSite=Lax; Max-Age=600; Secure/);
});

test('the code becomes a session, and the session headers', async () => {
  const { filter, seen, target, response } = await login((nonce) => ({ ...good, nonce }));
  assert.equal(response?.status, 302);
  assert.equal(response?.headers.get('location'), '/cart?x=1');
  assert.equal(seen.form?.get('code'), 'c/1');
  assert.equal(seen.form?.get('client_secret'), 's3 cret');
  const challenge = createHash('sha256')
    .update(seen.form?.get('code_verifier') ?? '')
    .digest('base64url');
  assert.equal(target.searchParams.get('code_challenge'), challenge);
  const cookie = cookieOf(response?.headers.all('set-cookie'), 'bowsprit-session');
  assert.doesNotMatch(Buffer.from(cookie.split('=')[1] ?? '', 'base64url').toString('latin1'), /example\.com/);
  const { upstream } = await filter.request({ ...page, headers: { ...page.headers, cookie, 'x-user': 'root' } });
  assert.deepEqual(upstream?.headers.all('x-user'), ['u1']);
  assert.equal(upstream?.headers.get('x-email'), 'u@example.com');
});

for (const [what, claims] of Object.entries({
  'another issuer': (nonce: string) => ({ ...good, nonce, iss: 'https://evil.example.com' }),
  'another audience': (nonce: string) => ({ ...good, nonce, aud: ['other'] }),
  'another nonce': () => ({ ...good, nonce: 'x' }),
  'an old token': (nonce: string) => ({ ...good, nonce, exp: NOW - 1 }),
})) {
  test(`${what} is not accepted`, async () => {
    const { response } = await login(claims);
    assert.equal(response?.status, 502);
    assert.deepEqual(response?.headers.all('set-cookie'), []);
  });
}

test('a provider that refuses', async () => {
  assert.equal((await login((nonce) => ({ ...good, nonce }), 400)).response?.status, 502);
});

test('a callback that was not begun here, or with another state, is refused', async () => {
  const { filter, back } = await login((nonce) => ({ ...good, nonce }));
  assert.equal((await filter.request({ ...back, headers: page.headers })).response?.status, 400);
  assert.equal((await filter.request({ ...back, path: '/oauth2/callback?code=c&state=other' })).response?.status, 400);
});

test('a changed cookie, an ended session, and a login cookie for a session do not open', async () => {
  const { filter, response, back } = await login((nonce) => ({ ...good, nonce }));
  const cookie = cookieOf(response?.headers.all('set-cookie'), 'bowsprit-session');
  const ask = async (value: string) =>
    (await filter.request({ ...page, headers: { ...page.headers, cookie: value } })).upstream;
  const middle = Math.floor(cookie.length / 2);
  assert.equal(
    await ask(`${cookie.slice(0, middle)}${cookie[middle] === 'A' ? 'B' : 'A'}${cookie.slice(middle + 1)}`),
    undefined,
  );
  assert.equal(await ask(back.headers.cookie.replace('bowsprit-session-login=', 'bowsprit-session=')), undefined);
  assert.ok(await ask(cookie));
  filter.advance(86_400_000 + 1000);
  assert.equal(await ask(cookie), undefined);
});

test('a program gets 401, open paths pass, logging out forgets', async () => {
  const filter = await provider(() => good).load();
  assert.equal((await filter.request({ path: '/api', headers: { accept: 'application/json' } })).response?.status, 401);
  assert.equal((await filter.request({ method: 'POST', path: '/api' })).response?.status, 401);
  assert.ok((await filter.request({ path: '/healthz' })).upstream);
  const { response } = await filter.request({ path: '/oauth2/logout' });
  assert.match(response?.headers.get('set-cookie') ?? '', /^bowsprit-session=; .*Max-Age=0/);
});

test('after the login nobody is led to another host', async () => {
  const { load, seen } = provider((nonce) => ({ ...good, nonce }));
  const filter = await load();
  const begun = (await filter.request({ ...page, path: '//evil.example.com/' })).response;
  const query = new URL(begun?.headers.get('location') ?? '').searchParams;
  seen.nonce = query.get('nonce') ?? '';
  const cookie = cookieOf(begun?.headers.all('set-cookie'), 'bowsprit-session-login');
  const back = {
    ...page,
    path: `/oauth2/callback?code=c&state=${query.get('state')}`,
    headers: { ...page.headers, cookie },
  };
  assert.equal((await filter.request(back)).response?.headers.get('location'), '/');
});

test('a short cookie secret is refused', async () => {
  const filter = await loadFilter('build/oidc-login.wasm', { config: { ...config, cookieSecret: 'c2hvcnQ=' } });
  assert.equal(filter.stats.startFailures, 1);
});
