import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { gatewayCredentials } from './gateway-credentials.ts';

const gateway = (credentialName: string, selector = 'ingressgateway') => `---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  selector: {istio: ${selector}}
  servers:
  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
  - {port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: ${credentialName}}}
`;
const secret = (name: string, { namespace = 'istio-system', values = 'data: {tls.crt: "", tls.key: ""}' } = {}) =>
  `---\napiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: ${namespace}}\n${values}\n`;

function found(text: string, certificates: string[] = []): string[] {
  const { resources } = loadResources([{ file: 'in.yaml', text }], { namespace: 'default' });
  const input = { resources, mesh: {}, identity: INGRESS_GATEWAY, certificates };
  const findings = gatewayCredentials({ input, compiled: compile(input) });
  return findings.map(({ code, field, message }) => `${code} ${field} ${message}`);
}

const MISSING = 'IST0101 spec.servers[1].tls.credentialName Referenced credentialName not found: "shop"';

for (const [what, text, expected] of [
  ['a missing one, where another is there', gateway('shop') + secret('other'), [MISSING]],
  [
    'one of older names, too',
    gateway('shop') + secret('other', { values: 'stringData: {cert: "", key: ""}' }),
    [MISSING],
  ],
  ['one in another namespace', gateway('shop') + secret('other') + secret('shop', { namespace: 'default' }), [MISSING]],
  ['nothing where it is there', gateway('shop') + secret('shop'), []],
  [
    'nothing without any certificate',
    gateway('shop') + secret('pull', { values: 'data: {.dockerconfigjson: ""}' }),
    [],
  ],
  ['nothing of another proxy’s Gateway', gateway('shop', 'other') + secret('other'), []],
] as const) {
  test(`finds ${what}`, () => assert.deepEqual(found(text), expected));
}

test('finds nothing where the certificate is given otherwise', () =>
  assert.deepEqual(found(gateway('shop') + secret('other'), ['shop']), []));
