/** Random policies and random requests, at our index and in a real Envoy's RBAC filter: the answers must be the same. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { fakeExchange } from '../../gateway/authn/fixture.ts';
import { policyIndex } from '../../gateway/authz/policy-index.ts';
import type { RbacPolicy, RbacRule, RbacTest, RbacValue, StringMatch } from '../../gateway/snapshot.ts';
import { startEcho } from '../support/echo.ts';
import { type FilterEnvoy, startFilterEnvoy } from '../support/envoy-filters.ts';
import { sendRaw } from '../support/raw-http.ts';

const echo = await startEcho();
const running: FilterEnvoy[] = [];
after(() => {
  for (const envoy of running) envoy.stop();
  echo.stop();
});

/** Istio's way of writing our tests in Envoy's configuration. */
const PERMISSIONS: Record<string, (value: RbacValue) => object> = {
  host: (value) => header(':authority', value),
  method: (value) => header(':method', value),
  path: (value) =>
    value.kind === 'template'
      ? { uri_template: template(value.value) }
      : { url_path: { path: stringMatch(value as StringMatch) } },
};
const PRINCIPALS: Record<string, (value: RbacValue) => object> = {
  'source.ip': (value) => ({ direct_remote_ip: cidr((value as { value: string }).value) }),
  'request.headers[x-a]': (value) => header('x-a', value),
};

function stringMatch({ kind, value, ignoreCase = false }: StringMatch): object {
  const match = kind === 'regex' ? { safe_regex: { regex: value } } : { [kind]: value };
  return { ...match, ...(ignoreCase && { ignore_case: true }) };
}

function header(name: string, value: RbacValue): object {
  const match =
    value.kind === 'present' ? { present_match: true } : { string_match: stringMatch(value as StringMatch) };
  return { header: { name, ...match } };
}

function template(path: string): object {
  const config = {
    '@type': 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
    path_template: path.replaceAll('{**}', '**').replaceAll('{*}', '*'),
  };
  return { name: 'uri-template', typed_config: config };
}

function cidr(block: string): object {
  const [address, length = '32'] = block.split('/');
  return { address_prefix: address, prefix_len: Number(length) };
}

function side(rules: readonly RbacRule[], table: typeof PERMISSIONS, [and, or, list, not]: string[]): object[] {
  if (rules.length === 0) return [{ any: true }];
  const anyOf = (values: readonly RbacValue[], convert: (value: RbacValue) => object) => ({
    [or!]: { [list!]: values.map(convert) },
  });
  const test = ({ attribute, values, notValues }: RbacTest): object[] => [
    ...(values.length > 0 ? [anyOf(values, table[attribute]!)] : []),
    ...(notValues.length > 0 ? [{ [not!]: anyOf(notValues, table[attribute]!) }] : []),
  ];
  return rules.map(({ tests }) => {
    const all = tests.flatMap(test);
    return { [and!]: { [list!]: all.length > 0 ? all : [{ any: true }] } };
  });
}

function rbac(policies: readonly RbacPolicy[]): Record<string, unknown> {
  const entries = policies.map(({ name, permissions, principals }): [string, object] => [
    name,
    {
      permissions: side(permissions, PERMISSIONS, ['and_rules', 'or_rules', 'rules', 'not_rule']),
      principals: side(principals, PRINCIPALS, ['and_ids', 'or_ids', 'ids', 'not_id']),
    },
  ]);
  return { '@type': 'http.rbac.v3.RBAC', rules: { action: 'ALLOW', policies: Object.fromEntries(entries) } };
}

/** Envoy refuses a regular expression that ignores case; Istio writes none. */
const literal = (match: StringMatch): boolean => match.kind !== 'regex';
const text = (...texts: string[]): fc.Arbitrary<StringMatch> =>
  fc.record({ kind: fc.constantFrom('exact', 'exact', 'prefix', 'suffix', 'regex'), value: fc.constantFrom(...texts) });
const present = fc.constant<RbacValue>({ kind: 'present' });
const templates = fc.constantFrom(
  '/{*}',
  '/a/{*}',
  '/a/{**}',
  '/{*}/b',
  '/a/{*}/{**}',
  '/{**}',
  '/a/{**}/c',
  '/a/{*}/c',
);
const VALUES: Record<string, fc.Arbitrary<RbacValue>> = {
  host: fc.oneof(
    text('app', 'a', 'App:80', ':80')
      .filter(literal)
      .map((match) => ({ ...match, ignoreCase: true })),
    present,
  ),
  method: fc.oneof(text('GET', 'POST', 'G', 'T'), present),
  path: fc.oneof(
    text('/a', '/a/b', '/a/b/', 'b', '/.*', '/'),
    templates.map((value): RbacValue => ({ kind: 'template', value })),
  ),
  'source.ip': fc
    .constantFrom('127.0.0.1', '127.0.0.2', '127.0.0.2/31', '10.0.0.0/8', '0.0.0.0/0')
    .map((value): RbacValue => ({ kind: 'cidr', value })),
  'request.headers[x-a]': fc.oneof(text('one', 'two', 'o', 'one,two'), present),
};
const testsOf = (attributes: string[]) =>
  fc.constantFrom(...attributes).chain((attribute) =>
    fc.record<RbacTest>({
      attribute: fc.constant(attribute),
      values: fc.array(VALUES[attribute]!, { maxLength: 2 }),
      notValues: fc.array(VALUES[attribute]!, { maxLength: 1 }),
    }),
  );
const rules = (attributes: string[]) =>
  fc.array(fc.record({ tests: fc.array(testsOf(attributes), { minLength: 1, maxLength: 2 }) }), { maxLength: 2 });
const policies = fc
  .array(fc.record({ permissions: rules(Object.keys(PERMISSIONS)), principals: rules(Object.keys(PRINCIPALS)) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((list) => list.map((policy, number): RbacPolicy => ({ name: `p${number}`, ...policy })));

interface Asked {
  method: string;
  host: string;
  path: string;
  lines: string[];
}
const REQUESTS: Asked[] = [];
for (const path of [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/a/b/',
  '/a/b/c',
  '/a//c',
  '/a/c',
  '/b?x=/a',
  "/a/x=y*z;'()!$&,+:@~",
  '/a/%2f',
])
  for (const [method, host, lines] of [
    ['GET', 'app', []],
    ['POST', 'App:80', ['one']],
    ['GET', 'b', ['zzz', 'two']],
    ['GET', 'A', ['one,two']],
    ['GET', 'a', ['']],
  ] as const) {
    REQUESTS.push({ method, host, path, lines: [...lines] });
  }

async function compare(list: RbacPolicy[]): Promise<void> {
  const envoy = await startFilterEnvoy([rbac(list)], echo.port);
  running.push(envoy);
  const index = policyIndex(list);
  for (const { method, host, path, lines } of REQUESTS) {
    const sent = [`${method} ${path} HTTP/1.1`, `host: ${host}`, ...lines.map((line) => `x-a: ${line}`)];
    if (method === 'POST') sent.push('content-length: 0');
    const answer = await sendRaw(envoy.port, sent);
    const headers: Record<string, string> = lines.length > 0 ? { 'x-a': lines.join(', ') } : {};
    const ours = index.match(fakeExchange({ method, authority: host, path, headers })) !== undefined;
    const what = `${sent.join(' | ')} against ${JSON.stringify(list)}`;
    assert.ok(answer, what);
    assert.equal(ours ? 200 : 403, answer.status, what);
  }
  envoy.stop();
  running.pop();
}

test('random policies', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(policies, compare), { numRuns: 25, seed: 7, endOnFailure: true });
});

test('each template by itself', { timeout: 300_000 }, async () => {
  for (const value of ['/{*}', '/a/{*}', '/a/{**}', '/{*}/b', '/a/{*}/{**}', '/{**}', '/a/{*}/c']) {
    await compare([
      {
        name: 'p',
        permissions: [{ tests: [{ attribute: 'path', values: [{ kind: 'template', value }], notValues: [] }] }],
        principals: [],
      },
    ]);
  }
});
