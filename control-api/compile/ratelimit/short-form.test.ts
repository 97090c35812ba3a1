import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { loadResources } from '../../resources/load.ts';
import { compile } from '../compile.ts';
import { INGRESS_GATEWAY } from '../processor.ts';
import { shortForms } from './short-form.ts';

const compiled = (text: string) => {
  const { resources, findings } = loadResources([{ file: 'x.yaml', text }], { namespace: 'default' });
  assert.deepEqual(findings, []);
  return compile({ resources, mesh: {}, identity: INGRESS_GATEWAY });
};

test('old EnvoyFilters are said as the short kind, and that compiles to the same limits', () => {
  const golden = parse(readFileSync('control-api/compile/testdata/rate-limit-old-names.in.yaml', 'utf8')) as {
    config: string;
  };
  const [form, ...others] = shortForms(compiled(golden.config).snapshot, 'istio-system');
  assert.equal(others.length, 0);
  const account = { header: 'x-account' };
  assert.deepEqual(form?.spec, {
    failureMode: 'Deny',
    limits: [
      { requests: 10, unit: 'minute', by: [{ header: 'x-plan', value: 'FREE' }, account] },
      { requests: 100, unit: 'minute', by: [{ header: 'x-plan', value: 'PREMIUM' }, account] },
    ],
  });
  const [gateway = '', route = ''] = golden.config.split('---\n');
  const again = compiled([gateway, route, stringify(form, { aliasDuplicateObjects: false })].join('\n---\n'));
  assert.deepEqual(
    again.findings.filter(({ level }) => level === 'error'),
    [],
  );
  const [domain] = Object.values(again.snapshot.limitDomains ?? {});
  const plans = domain?.descriptors[0]?.descriptors?.map(({ value, descriptors }) => [
    value,
    descriptors?.[0]?.rateLimit,
  ]);
  assert.deepEqual(plans, [
    ['FREE', { unit: 'MINUTE', requestsPerUnit: 10 }],
    ['PREMIUM', { unit: 'MINUTE', requestsPerUnit: 100 }],
  ]);
});
