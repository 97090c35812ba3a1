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
