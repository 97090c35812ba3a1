import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadResources } from './load.ts';

const load = (text: string) => loadResources([{ file: 'in.yaml', text }], { namespace: 'default' });

test('several documents, empty ones skipped, snake_case renamed, positions kept', () => {
  const { resources, findings } = load(`---
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: a, labels: {my_label: x}}
spec:
  hosts: [a]
  http:
  - mirror_percent: 5
    headers:
      request: {set: {x_my_header: v}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
`);
  assert.equal(resources.length, 1);
  const [vs] = resources;
  assert.deepEqual(vs?.spec, {
    hosts: ['a'],
    http: [{ mirrorPercent: 5, headers: { request: { set: { x_my_header: 'v' } } } }],
  });
  assert.deepEqual(vs?.metadata.labels, { my_label: 'x' });
  assert.equal(vs?.metadata.namespace, 'default');
  assert.deepEqual(vs?.at(['spec', 'http', 0, 'mirrorPercent']), { file: 'in.yaml', line: 9, column: 5 });
  assert.deepEqual(vs?.at(['spec', 'http', 7]), { file: 'in.yaml', line: 8, column: 3 });
  assert.deepEqual(
    findings.map((f) => [f.name, f.level]),
    [['OtherKind', 'info']],
  );
});

test('a broken document loses only itself', () => {
  const good = (name: string) =>
    `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: ${name}}\nspec: {servers: []}\n`;
  const { resources, findings } = load(`${good('a')}---\nkind: {a\n---\n${good('b')}`);
  assert.deepEqual(
    resources.map((r) => r.metadata.name),
    ['a', 'b'],
  );
  assert.deepEqual(findings[0]?.position?.file, 'in.yaml');
  assert.equal(findings[0]?.name, 'UnreadableDocument');
});

test('JSON and Kubernetes Lists', () => {
  const item = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'g', namespace: 'n' },
    spec: {},
  };
  const { resources } = load(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item, item] }, null, 1));
  assert.equal(resources.length, 2);
  assert.equal(resources[1]?.metadata.namespace, 'n');
  assert.equal(resources[1]?.at(['kind']).line, 16);
});

test('a duplicate key is refused in the API server words, at its place', () => {
  const { findings } = load('apiVersion: v1\nkind: ConfigMap\ndata: {}\n---\nkind: x\nspec:\n  a: 1\n  a: 2\n');
  assert.equal(findings[0]?.message, 'this document is not readable YAML: key "a" already set in map');
  assert.deepEqual(findings[0]?.position, { file: 'in.yaml', line: 8, column: 3 });
});

test('scalars mean what they mean to the API server (YAML 1.1)', () => {
  const plain = 'yes no on OFF y N true ~ 0755 08 1_000 0x1f +5 1.5e3 .5 12:30 2020-01-01 0o17 1e3 v1 5s'.split(' ');
  const meant = [
    true,
    false,
    true,
    false,
    true,
    false,
    true,
    null,
    493,
    8,
    1000,
    31,
    5,
    1500,
    0.5,
    '12:30',
    '2020-01-01',
  ];
  const expected = [...meant, 15, 1000, 'v1', '5s'];
  const list = plain.map((word) => `- ${word}`).join('\n');
  const map = (extra: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n${list}\n${extra}`;
  // The anchor sends the second through the full parser: both readings agree.
  for (const text of [map(''), map('x: &a 1\n')]) assert.deepEqual(load(text).resources[0]?.spec.data, expected);
});

test('an alias bomb is a finding, anchors and merge keys work', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`);
  const bomb = load(`l0: &l0 [x]\n${levels.join('\n')}\n`);
  assert.equal(bomb.findings[0]?.name, 'UnreadableDocument');
  const merged = load(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: &a {x: 1}, b: {<<: *a, z: 2}}\n',
  );
  assert.deepEqual(merged.resources[0]?.spec.data, { a: { x: 1 }, b: { x: 1, z: 2 } });
});

test('consecutiveErrors is said to be ignored, and what to write instead', () => {
  const { resources, findings } = load(`apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: {name: d}
spec:
  host: a
  trafficPolicy:
    outlierDetection:
      consecutive_errors: 1
`);
  assert.equal(resources.length, 1);
  assert.equal(findings[0]?.name, 'IgnoredField');
  assert.match(findings[0]?.message ?? '', /default of 5/);
  assert.match(findings[0]?.mend ?? '', /consecutive5xxErrors/);
  assert.equal(findings[0]?.position?.line, 8);
});

test('an unknown field is named with what was probably meant; the resource stays', () => {
  const { resources, findings } = load(
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec:\n  host: [a]\n  http: [{timeut: 5s}]\n',
  );
  assert.equal(resources.length, 1);
  assert.deepEqual(
    findings.map((f) => [f.field, f.mend?.split('?')[0], f.position?.line]),
    [
      ['spec.host', 'Did you mean hosts', 5],
      ['spec.http[0].timeut', 'Did you mean timeout', 6],
    ],
  );
});

test('a number may be a string where protobuf takes one; a bad resource prunes only itself', () => {
  const gateway = (number: string) =>
    `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {servers: [{hosts: [a], port: {number: ${number}, name: h, protocol: HTTP}}]}\n`;
  const { resources, rejected, findings } = load(`${gateway('"80"')}---\n${gateway('eighty')}`);
  assert.deepEqual(resources[0]?.spec.servers, [{ hosts: ['a'], port: { number: 80, name: 'h', protocol: 'HTTP' } }]);
  assert.equal(rejected.length, 1);
  assert.match(findings[0]?.message ?? '', /spec.servers\[0\].port.number in body must be of type integer: "string"/);
});

test('metadata: a name is needed, and an unquoted yes is no label', () => {
  const { rejected, findings } = load(
    'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {labels: {a: yes}}\nspec: {}\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nspec: {}\n',
  );
  assert.equal(rejected.length, 2);
  assert.deepEqual(
    findings.map((f) => f.message),
    [
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
      'metadata.name: Required value: name or generateName is required',
    ],
  );
});

test('a field in both spellings: camelCase counts, the other is reported', () => {
  const { resources, findings } = load(
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec: {hosts: [a], exportTo: ["."], export_to: ["*"]}\n',
  );
  assert.deepEqual(resources[0]?.spec.exportTo, ['.']);
  assert.deepEqual(
    findings.map((f) => [f.name, f.field]),
    [['UnknownField', 'spec.export_to']],
  );
});
