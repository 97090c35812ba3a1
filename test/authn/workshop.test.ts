/** The workshop's security steps as their readers apply them, with a real issuer behind the URL that they name. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { compiled, service } from '../support/compiled.ts';
import { startEcho } from '../support/echo.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { startIssuer } from '../support/issuer.ts';
import { get, headerOf } from '../support/raw-http.ts';

const FILES = 'test/workshop/files';
const ISSUER = 'testing@secure.istio.io';
const echo = await startEcho();
const issuer = await startIssuer();
const edges: Edge[] = [];
after(async () => {
  for (const edge of edges) await edge.stop();
  issuer.stop();
  echo.stop();
});

async function serve(files: string[], mesh: Record<string, unknown> = {}) {
  const text = ['maildev', 'ui'].map((name) => service(name, echo.port)).join('---');
  const result = compiled({ files: files.map((file) => `${FILES}/${file}`), text, mesh });
  const edge = await startEdge(result.snapshot, { internet: issuer.port });
  edges.push(edge);
  const ask = (host: string, path = '/', token?: string) =>
    get(edge.port(80), host, path, token === undefined ? [] : [`authorization: Bearer ${token}`]);
  return { ...result, edge, ask };
}

test('blog/3-claims: the route is chosen by a claim, which only a verified token has', async () => {
  const { ask } = await serve(['blog/1-maildev.yaml', 'blog/3-claims.yaml']);
  const status = async (token?: string) => (await ask('maildev.example.com', '/', token))?.status;
  assert.equal(await status(), 404);
  assert.equal(issuer.asked, 0);
  assert.equal(await status(await issuer.token({ iss: ISSUER, groups: ['users', 'mail-admins'] })), 200);
  assert.equal(await status(await issuer.token({ iss: ISSUER, groups: ['users'] })), 404);
  assert.equal(await status('abc'), 401);
  assert.equal(await status(await issuer.token({ iss: 'somebody else', groups: ['mail-admins'] })), 401);
  assert.equal(issuer.asked, 1);
  const bad = await ask('unknown.example.com', '/x?y', 'abc');
  assert.equal(
    headerOf(bad, 'www-authenticate'),
    'Bearer realm="http://unknown.example.com/x?y", error="invalid_token"',
  );
});

test('blog/4-deny-path: what begins with /internal is refused on every host', async () => {
  const { ask, placements } = await serve(['blog/1-maildev.yaml', 'blog/4-deny-path.yaml']);
  const answer = await ask('maildev.example.com', '/internal/x');
  assert.deepEqual([answer?.status, answer?.body], [403, 'RBAC: access denied']);
  assert.equal((await ask('nobody.example.com', '/internal'))?.status, 403);
  assert.equal((await ask('maildev.example.com', '/x/../internal'))?.status, 403);
  assert.equal((await ask('maildev.example.com', '/public'))?.status, 200);
  const place = placements.find(({ resource }) => resource === 'AuthorizationPolicy istio-system/internal-only');
  assert.equal(place?.where, 'edge');
});

const GUESTBOOK = ['guestbook/01-gateway.yaml', 'guestbook/13-authz-mesh.yaml', 'guestbook/14-jwt.yaml'];

test('guestbook/13 and 14 select app: ui, and so are the cluster’s', async () => {
  const { placements, findings, ask } = await serve(GUESTBOOK);
  for (const resource of ['RequestAuthentication default/ui-jwt-auth', 'AuthorizationPolicy default/ui-viewer']) {
    const place = placements.find((placement) => placement.resource === resource);
    assert.equal(place?.where, 'cluster', resource);
    assert.match(place?.reason ?? '', /sidecars of app=ui/);
  }
  const alone = findings.filter(({ name }) => name === 'AlternativesAllowAlone').map(({ resource }) => resource);
  assert.deepEqual(alone.sort(), [
    'AuthorizationPolicy default/mysql-tcp-policy',
    'AuthorizationPolicy default/redis-tcp-policy',
  ]);
  assert.equal((await ask('any', '/', 'abc'))?.status, 200);
});

test('with early enforcement they answer at the edge, and the sidecar still gets the token', async () => {
  const early = { defaultConfig: { proxyMetadata: { BOWSPRIT_EARLY_ENFORCEMENT: 'true' } } };
  const { ask } = await serve(GUESTBOOK, early);
  const bad = await ask('any', '/', 'abc');
  assert.equal(bad?.status, 401);
  assert.match(headerOf(bad, 'www-authenticate') ?? '', /invalid_token/);
  const none = await ask('any');
  assert.deepEqual([none?.status, none?.body], [403, 'RBAC: access denied']);
  assert.equal((await ask('any', '/', await issuer.token({ iss: ISSUER, sub: 'somebody else' })))?.status, 403);
  const token = await issuer.token({ iss: ISSUER, sub: ISSUER });
  const good = await ask('any', '/', token);
  assert.equal(good?.status, 200);
  assert.equal(JSON.parse(good?.body ?? '{}').headers.authorization, `Bearer ${token}`);
});

test('a rotated key is not asked for again within 30 seconds', async () => {
  const { ask } = await serve(['blog/1-maildev.yaml', 'blog/3-claims.yaml']);
  const claims = { iss: ISSUER, groups: 'mail-admins' };
  assert.equal((await ask('maildev.example.com', '/', await issuer.token(claims)))?.status, 200);
  await issuer.rotate();
  const tooEarly = await ask('maildev.example.com', '/', await issuer.token(claims));
  assert.equal(tooEarly?.body, "Jwks doesn't have key to match kid or alg from Jwt");
});
