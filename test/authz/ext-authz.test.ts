/** CUSTOM policies on a real workerd, with a real HTTP authoriser and a real upstream behind it. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { ExtAuthzHttp, Snapshot } from '../../gateway/snapshot.ts';
import { type Seen, startEcho } from '../support/echo.ts';
import { startEdge } from '../support/edge.ts';
import { headerOf, sendRaw } from '../support/raw-http.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

/** Answers with the status its path asks for (`…/status/401`), `hang` never, and keeps what it saw. */
let asked: Seen | undefined;
const authorizer = http.createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    asked = { method, path: url, authority: headers.host ?? '', headers, body };
    if (url.includes('hang')) return;
    const status = Number(/status\/(\d+)/.exec(url)?.[1] ?? 200);
    if (status === 302) response.setHeader('location', '/login');
    if (status === 401) response.setHeader('www-authenticate', 'Basic');
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.setHeader('x-user', 'alice').setHeader('x-why', 'no').setHeader('x-secret', 's');
    response.writeHead(status).end(`authoriser says ${status}`);
  });
});
await new Promise<void>((resolve) => authorizer.listen(0, '127.0.0.1', resolve));
const authorizerPort = (authorizer.address() as AddressInfo).port;
const echo = await startEcho();

const provider = (fields: Partial<ExtAuthzHttp> = {}): ExtAuthzHttp => ({
  name: 'a',
  cluster: 'authz',
  service: 'authz',
  port: 1,
  timeoutMs: 400,
  pathPrefix: '',
  failOpen: false,
  statusOnError: 403,
  includeRequestHeadersInCheck: [],
  includeAdditionalHeadersInCheck: [],
  headersToUpstreamOnAllow: [],
  headersToDownstreamOnAllow: [],
  headersToDownstreamOnDeny: [],
  ...fields,
});
const exact = (value: string) => ({ kind: 'exact', value }) as const;

/** One listener for each configuration, so that one workerd serves the whole file. */
const CONFIGURATIONS: (ExtAuthzHttp | undefined)[] = [
  provider(),
  provider({
    pathPrefix: '/check',
    includeRequestHeadersInCheck: [{ kind: 'prefix', value: 'x-in' }, exact('cookie')],
    includeAdditionalHeadersInCheck: [
      ['x-added', 'v'],
      ['x-in-b', 'ours'],
    ],
    headersToUpstreamOnAllow: [exact('x-user')],
    headersToDownstreamOnAllow: [exact('set-cookie')],
    headersToDownstreamOnDeny: [exact('x-why')],
  }),
  provider({ includeRequestBodyInCheck: { maxRequestBytes: 10, allowPartialMessage: true, packAsBytes: false } }),
  provider({ includeRequestBodyInCheck: { maxRequestBytes: 10, allowPartialMessage: false, packAsBytes: false } }),
  provider({ cluster: 'dead', statusOnError: 503 }),
  provider({ cluster: 'dead', failOpen: true }),
  provider({ failOpen: true }),
  undefined,
];
const [PLAIN, FULL, PARTIAL, STRICT, DEAD, DEAD_OPEN, OPEN, UNKNOWN] = CONFIGURATIONS.map((_, index) => 8_000 + index);

function snapshot(): Snapshot {
  const base = snapshotOf(
    [virtualHostOf('*', [forwardTo('echo')])],
    [clusterOf('echo', [echo.port]), clusterOf('authz', [authorizerPort]), clusterOf('dead', [1])],
  );
  const policies = [
    {
      name: 'ns[a]-policy[p]-rule[0]',
      permissions: [{ tests: [{ attribute: 'path', values: [], notValues: [exact('/free')] }] }],
      principals: [],
    },
  ];
  base.listeners = CONFIGURATIONS.map((config, index) => ({
    ...base.listeners[0]!,
    name: `0.0.0.0_${8_000 + index}`,
    port: 8_000 + index,
    httpFilters: [
      {
        phase: 'ext-authz',
        config: { kind: 'ext_authz', policies, policyName: 'a/p', ...(config && { provider: config }) },
      },
    ],
  }));
  return base;
}

const edge = await startEdge(snapshot());
after(async () => {
  await edge.stop();
  echo.stop();
  authorizer.close().closeAllConnections();
});

async function ask(port: number | undefined, line: string, headers: string[] = [], body = '') {
  asked = undefined;
  const length = body ? [`content-length: ${body.length}`] : [];
  const answer = await sendRaw(
    edge.port(port!),
    [`${line} HTTP/1.1`, 'host: App.example.com:80', ...headers, ...length],
    body,
  );
  return { answer: answer!, upstream: answer?.status === 200 ? (JSON.parse(answer.body) as Seen) : undefined };
}

test('a request that no policy matches is not asked about', async () => {
  assert.equal((await ask(PLAIN, 'GET /free')).answer.status, 200);
  assert.equal(asked, undefined);
});

test('the authoriser sees method, authority, path and Authorization, and nothing else of the client', async () => {
  const { answer } = await ask(PLAIN, 'GET /a?b=1', ['authorization: Basic q', 'cookie: c=1', 'x-in-a: 1']);
  assert.equal(answer.status, 200);
  assert.equal(asked?.method, 'GET');
  assert.equal(asked?.path, '/a?b=1');
  assert.equal(asked?.authority, 'app.example.com:80');
  assert.equal(asked?.headers.authorization, 'Basic q');
  for (const name of ['cookie', 'x-in-a', 'x-request-id', 'x-forwarded-for'])
    assert.equal(asked?.headers[name], undefined);
});

test('listed headers go in and out, and the client cannot forge what the authoriser says', async () => {
  const { answer, upstream } = await ask(
    FULL,
    'POST /a?b=1',
    ['x-in-a: 1', 'X-In-B: mine', 'cookie: c=1', 'x-user: root', 'x-secret: mine'],
    'hello',
  );
  assert.equal(asked?.path, '/check/a?b=1');
  assert.deepEqual(
    ['x-in-a', 'x-in-b', 'x-added', 'cookie', 'x-secret'].map((name) => asked?.headers[name]),
    ['1', 'ours', 'v', 'c=1', undefined],
  );
  assert.equal(asked?.body, '');
  assert.equal(upstream?.body, 'hello');
  assert.equal(upstream?.path, '/a?b=1');
  assert.deepEqual([upstream?.headers['x-user'], upstream?.headers['x-secret']], ['alice', 'mine']);
  assert.deepEqual(
    answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    ['a=1', 'b=2'],
  );
  assert.equal(headerOf(answer, 'x-user'), undefined);
});

test('a refusal is the authoriser’s own answer', async () => {
  const { answer } = await ask(PLAIN, 'GET /status/401');
  assert.deepEqual([answer.status, answer.body], [401, 'authoriser says 401']);
  for (const name of ['www-authenticate', 'x-why', 'x-secret', 'set-cookie']) assert.ok(headerOf(answer, name), name);
  const listed = (await ask(FULL, 'GET /status/302')).answer;
  assert.deepEqual([listed.status, headerOf(listed, 'location'), headerOf(listed, 'x-why')], [302, '/login', 'no']);
  assert.equal(headerOf(listed, 'x-secret'), undefined);
  assert.equal((await ask(PLAIN, 'GET /status/204')).answer.status, 204);
});

test('an authoriser that fails, hangs or is not there refuses, unless it says failOpen', async () => {
  for (const path of ['/status/500', '/hang']) {
    const { answer } = await ask(PLAIN, `GET ${path}`);
    assert.deepEqual([answer.status, answer.body], [403, ''], path);
    assert.equal((await ask(OPEN, `GET ${path}`)).answer.status, 200, path);
  }
  assert.equal((await ask(DEAD, 'GET /a')).answer.status, 503);
  assert.equal((await ask(DEAD_OPEN, 'GET /a')).answer.status, 200);
});

test('the beginning of the body is shown, and all of it goes upstream', async () => {
  const { upstream } = await ask(PARTIAL, 'POST /a', [], '0123456789abcdef');
  assert.deepEqual([asked?.body, asked?.headers['x-envoy-auth-partial-body']], ['0123456789', 'true']);
  assert.equal(upstream?.body, '0123456789abcdef');
  assert.equal((await ask(PARTIAL, 'POST /a', [], 'short')).upstream?.body, 'short');
  assert.deepEqual([asked?.body, asked?.headers['x-envoy-auth-partial-body']], ['short', 'false']);
  const { answer } = await ask(STRICT, 'POST /a', [], '0123456789abcdef');
  assert.deepEqual([answer.status, answer.body, asked], [413, 'Payload Too Large', undefined]);
  assert.equal((await ask(STRICT, 'POST /a', [], '0123456789')).upstream?.body, '0123456789');
});

test('an unknown provider denies what its policies match', async () => {
  const { answer } = await ask(UNKNOWN, 'GET /a');
  assert.deepEqual([answer.status, answer.body], [403, 'RBAC: access denied']);
  assert.equal((await ask(UNKNOWN, 'GET /free')).answer.status, 200);
});
