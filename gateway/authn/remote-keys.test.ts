/** Against a real issuer: an HTTP server that rotates its keys, hangs, returns garbage, redirects, and dies. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { after, test } from 'node:test';
import { fetchDiscovered } from './discovery.ts';
import { fetchDocument } from './fetch-document.ts';
import { fakeExchange, providerOf, type Signer, signer } from './fixture.ts';
import type { KeyContext, KeySource } from './key-source.ts';
import { foldProvider } from './provider.ts';
import { remoteKeys } from './remote-keys.ts';
import type { SharedCache } from './shared-cache.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Issuer {
  url: string;
  asked: number;
  answer: Answer;
  server: Server;
}

const issuers: Server[] = [];
after(() => {
  for (const server of issuers) server.close().closeAllConnections();
});

async function issuer(answer: Answer): Promise<Issuer> {
  const self = { url: '', asked: 0, answer } as Issuer;
  self.server = createServer((request, response) => {
    self.asked++;
    self.answer(request, response);
  });
  issuers.push(self.server);
  await new Promise<void>((resolve) => self.server.listen(0, '127.0.0.1', resolve));
  self.url = `http://127.0.0.1:${(self.server.address() as { port: number }).port}`;
  return self;
}

const publish =
  (...signers: Signer[]): Answer =>
  (_, response) => {
    response.setHeader('cache-control', 'max-age=600');
    response.end(JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }));
  };

const noCache: SharedCache = { get: async () => undefined, put: async () => {} };
const sourceOf = (url: string, timeoutMs = 300, cache = noCache) =>
  remoteKeys({ name: url, timeoutMs, cache, load: (limit, fetch) => fetchDocument(url, limit, fetch) });

function contextAt(now: number): KeyContext & { background: Promise<unknown>[] } {
  const background: Promise<unknown>[] = [];
  return { now, fetch, waitUntil: (promise) => void background.push(promise), background };
}
const kids = async (source: KeySource, context: KeyContext) => (await source.keys(context)).map(({ kid }) => kid);

const a = await signer('RS256', 'a');
const b = await signer('ES256', 'b');

test('a hundred requests at once make one fetch, and the keys stay', async () => {
  const idp = await issuer(publish(a));
  const source = sourceOf(`${idp.url}/keys`);
  await Promise.all(Array.from({ length: 100 }, () => source.keys(contextAt(0))));
  assert.deepEqual(await kids(source, contextAt(1_000)), ['a']);
  assert.equal(idp.asked, 1);
});

test('keys are renewed in the background before they are old, and nobody waits', async () => {
  const idp = await issuer(publish(a));
  const source = sourceOf(`${idp.url}/keys`);
  await source.keys(contextAt(0));
  idp.answer = publish(b);
  const context = contextAt(0.8 * 600_000);
  assert.ok(Array.isArray(source.keys(context)));
  await Promise.all(context.background);
  assert.deepEqual(await kids(source, contextAt(0.8 * 600_000)), ['b']);
  assert.equal(idp.asked, 2);
});

test('an unknown kid asks again at most once in 30 seconds', async () => {
  const idp = await issuer(publish(a));
  const source = sourceOf(`${idp.url}/keys`);
  await source.keys(contextAt(0));
  idp.answer = publish(a, b);
  for (let now = 1_000; now < 30_000; now += 1_000) assert.equal(source.renew(contextAt(now)), undefined);
  const renewed = await source.renew(contextAt(30_000));
  assert.deepEqual(
    renewed?.map(({ kid }) => kid),
    ['a', 'b'],
  );
  assert.equal(source.renew(contextAt(31_000)), undefined);
  assert.equal(idp.asked, 2);
});

test('the last good keys serve while the issuer is down, with pauses between the tries', async () => {
  const idp = await issuer(publish(a));
  const source = sourceOf(`${idp.url}/keys`);
  await source.keys(contextAt(0));
  idp.answer = (_, response) => response.writeHead(500).end();
  let now = 1_000_000;
  for (let second = 0; second < 100; second++) {
    now += 1_000;
    const context = contextAt(now);
    assert.deepEqual(await kids(source, context), ['a']);
    await Promise.all(context.background);
  }
  assert.ok(idp.asked >= 4 && idp.asked <= 9, `asked ${idp.asked} times`);
  idp.answer = publish(b);
  const context = contextAt(now + 30_000);
  await source.keys(context);
  await Promise.all(context.background);
  assert.deepEqual(await kids(source, context), ['b']);
});

test('without any key a dead issuer is asked once a second at most, and requests get an answer', async () => {
  const idp = await issuer(publish(a));
  idp.server.close();
  const source = sourceOf(`${idp.url}/keys`);
  assert.deepEqual(await source.keys(contextAt(0)), []);
  assert.ok(Array.isArray(source.keys(contextAt(999))));
  assert.ok(source.keys(contextAt(1_000)) instanceof Promise);
});

test('an issuer that hangs is given up after the timeout', async () => {
  const idp = await issuer(() => {});
  const started = Date.now();
  assert.deepEqual(await sourceOf(`${idp.url}/keys`, 200).keys(contextAt(0)), []);
  assert.ok(Date.now() - started < 1_500);
});

test('an issuer that trickles for ever is given up too', async () => {
  let timer: ReturnType<typeof setInterval> | undefined;
  const idp = await issuer((_, response) => {
    timer = setInterval(() => response.write(' '), 20);
  });
  assert.deepEqual(await sourceOf(`${idp.url}/keys`, 200).keys(contextAt(0)), []);
  clearInterval(timer);
});

for (const [what, answer] of Object.entries<Answer>({
  'no JSON': (_, response) => response.end('<html>'),
  'an array': (_, response) => response.end('[]'),
  'no usable key': (_, response) => response.end('{"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"RSA","e":"AQAB"}]}'),
  'more than 1 MiB': (_, response) => response.end(JSON.stringify({ keys: [a.jwk], filler: 'x'.repeat(1_100_000) })),
  'status 204': (_, response) => response.writeHead(204).end(),
  'a redirect to another host': (_, response) => response.writeHead(302, { location: 'http://localhost:1/keys' }).end(),
  'a redirect without end': (_, response) => response.writeHead(302, { location: '/again' }).end(),
})) {
  test(`garbage does not replace good keys: ${what}`, async () => {
    const idp = await issuer(publish(a));
    const source = sourceOf(`${idp.url}/keys`);
    await source.keys(contextAt(0));
    idp.answer = answer;
    const context = contextAt(700_000);
    await source.keys(context);
    await Promise.all(context.background);
    assert.deepEqual(await kids(source, context), ['a']);
    assert.ok(idp.asked > 1);
  });
}

test('a redirect on the same host is followed', async () => {
  const idp = await issuer((request, response) =>
    request.url === '/new' ? publish(a)(request, response) : response.writeHead(301, { location: '/new' }).end(),
  );
  assert.deepEqual(await kids(sourceOf(`${idp.url}/keys`), contextAt(0)), ['a']);
});

test('another isolate finds the keys in the shared cache', async () => {
  const store = new Map<string, { text: string; fetchedAt: number }>();
  const cache: SharedCache = {
    get: async (name) => store.get(name),
    put: async (name, text, fetchedAt) => void store.set(name, { text, fetchedAt }),
  };
  const idp = await issuer(publish(a));
  for (const _ of [1, 2, 3]) assert.deepEqual(await kids(sourceOf(`${idp.url}/keys`, 300, cache), contextAt(5)), ['a']);
  assert.equal(idp.asked, 1);
});

test('an issuer named alone is found by OpenID discovery', async () => {
  const idp = await issuer((request, response) => {
    if (request.url === '/tenant/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: `${idp.url}/tenant`, jwks_uri: `${idp.url}/elsewhere` }));
    } else if (request.url === '/elsewhere') publish(b)(request, response);
    else response.writeHead(404).end();
  });
  const load = (limit: number, get: KeyContext['fetch']) => fetchDiscovered(`${idp.url}/tenant/`, limit, get);
  assert.deepEqual(await kids(remoteKeys({ name: 'x', timeoutMs: 300, cache: noCache, load }), contextAt(0)), ['b']);
});

test('a token of a rotated key is accepted, and a cached one is refused once its key is revoked', async () => {
  const idp = await issuer(publish(a));
  const source = sourceOf(`${idp.url}/keys`);
  const provider = foldProvider(providerOf([], { issuer: 'i' }), source);
  const oldToken = await a.sign({ iss: 'i' });
  const newToken = await b.sign({ iss: 'i' });
  const at = (text: string, startTime: number) => {
    const background: Promise<unknown>[] = [];
    const exchange = fakeExchange({ startTime, waitUntil: (promise) => void background.push(promise) });
    return { status: provider.check(exchange, { text, remove: () => {} }), background };
  };
  const start = 1_800_000_000_000;
  assert.equal(await at(oldToken, start).status, 'Ok');
  assert.equal(at(oldToken, start).status, 'Ok', 'from the cache, without waiting');
  assert.equal(await at(newToken, start + 1_000).status, 'JwksKidAlgMismatch');
  idp.answer = publish(b);
  assert.equal(await at(newToken, start + 31_000).status, 'Ok');
  assert.equal(await at(oldToken, start + 31_000).status, 'JwksKidAlgMismatch');
});
