import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LimitConfigError } from './error.ts';
import { loadLimits } from './load.ts';

const load = (content: string, name = 'a.yaml') => loadLimits([{ name, content }]);

test('an error carries the text of the service and the place of the descriptor', () => {
  const content = 'domain: d\ndescriptors:\n  - key: a\n  - key: a\n';
  assert.throws(
    () => load(content),
    (error) => {
      assert.ok(error instanceof LimitConfigError);
      assert.equal(error.message, "a.yaml: duplicate descriptor composite key 'd.a'");
      assert.deepEqual([error.place.line, error.place.column], [4, 5]);
      return true;
    },
  );
});

test('type errors of the whole file are listed with their lines, as yaml.v2 does', () => {
  const limit = 'rate_limit: {unit: day, requests_per_unit: 4294967296}';
  const content = `domain: d\ndescriptors:\n  - key: a\n    shadow_mode: 3\n    ${limit}\n`;
  assert.throws(() => load(content), {
    message:
      'a.yaml: error loading config file: yaml: unmarshal errors:\n' +
      '  line 4: cannot unmarshal !!int `3` into bool\n  line 5: cannot unmarshal !!int `4294967296` into uint32',
  });
});

test('bad syntax is an error with a line', () => {
  assert.throws(() => load('domain: d\ndescriptors: [\n'), /a\.yaml: error loading config file: yaml: line \d+: /);
});

test('anchors, merges and numbers of every base are read as Go reads them', () => {
  const base = '  - &b {key: a, rate_limit: {unit: Minute, requests_per_unit: 0x10}}';
  const domains = load(`domain: d\ndescriptors:\n${base}\n  - {<<: *b, value: 017}\n`);
  assert.deepEqual(domains.d?.descriptors, [
    { key: 'a', rateLimit: { unit: 'MINUTE', requestsPerUnit: 16 } },
    { key: 'a', value: '017', rateLimit: { unit: 'MINUTE', requestsPerUnit: 16 } },
  ]);
});

test('two files of one domain are an error, unless domains are merged', () => {
  const files = ['a', 'b'].map((key) => ({ name: `${key}.yaml`, content: `domain: d\ndescriptors: [{key: ${key}}]` }));
  assert.throws(() => loadLimits(files), { message: "b.yaml: duplicate domain 'd' in config file" });
  assert.deepEqual(
    loadLimits(files, true).d?.descriptors.map(({ key }) => key),
    ['a', 'b'],
  );
});

test('replacing oneself is refused', () => {
  const limit = 'rate_limit: {unit: day, name: n, replaces: [{name: n}]}';
  assert.throws(() => load(`domain: d\ndescriptors: [{key: a, ${limit}}]`), /replaces should not contain name of same/);
});

/** What config_check of the service says of each. */
const REFUSED: Readonly<Record<string, string>> = {
  'domain: d\n\tdescriptors:\n': 'yaml: line 2: found a tab character that violates indentation',
  'domain: d: e\n': 'yaml: mapping values are not allowed in this context',
  'domain: "d\n': 'yaml: line 2: found unexpected end of stream',
  'domain: {a\n': "yaml: line 1: did not find expected ',' or '}'",
  'domain: -\n': 'yaml: block sequence entries are not allowed in this context',
  '%YAML 1.2\n---\ndomain: d\n': 'yaml: found incompatible YAML document',
  'domain: a\u0001b\n': 'yaml: control characters are not allowed',
  'domain: d\n[a, 5]: 5\n': 'yaml: invalid map key: []interface {}{"a", 5}',
  'domain: d\n{a: b}: 5\n': 'yaml: invalid map key: map[interface {}]interface {}{"a":"b"}',
  'domain: d\ndescriptors:\n- key: a\n  metadata: abc\n':
    'yaml: unmarshal errors:\n  line 4: cannot unmarshal !!str `abc` into map[string]interface {}',
  'domain: d\ndescriptors:\n- {key: a, rate_limit: {unit: day, replaces: abc}}\n':
    'yaml: unmarshal errors:\n  line 3: cannot unmarshal !!str `abc` into []config.yamlReplaces',
};

for (const [content, text] of Object.entries(REFUSED)) {
  test(`refused: ${JSON.stringify(content)}`, () => {
    assert.throws(() => load(content), { message: `a.yaml: error loading config file: ${text}` });
  });
}

test('a number beyond 64 bits and an explicit !!float are floats, which are refused', () => {
  for (const domain of ['18446744073709551616', '!!float 5'])
    assert.throws(() => load(`domain: ${domain}\n`), { message: 'a.yaml: error checking config' });
});

test('a merge of several maps takes the first that has a key', () => {
  const content = 'domain: d\ndescriptors:\n- &a {key: a}\n- &b {key: b, value: v}\n- {<<: [*b, *a], value: w}\n';
  assert.deepEqual(load(content).d?.descriptors[2], { key: 'b', value: 'w' });
});
