import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../control-api/compile/compile.ts';
import { INGRESS_GATEWAY } from '../../control-api/compile/processor.ts';
import { neededBindings } from '../../control-api/mesh/bindings.ts';
import { loadResources } from '../../control-api/resources/load.ts';
import { GATEWAY } from '../../test/support/resources.ts';
import { missingBindings, type WranglerConfig, withBindings } from './wrangler-config.ts';

const route = (host: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host.replace(/[^a-z]/g, '-')}}
spec: {hosts: [${host}], gateways: [gw], http: [{route: [{destination: {host: ${host}, port: {number: 80}}}]}]}
---
`;
const entry = (spec: string) => `
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec: {address: entry.example.com, ${spec}}
---
`;
const external = (address: string, tls = '') => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: out}
spec:
  hosts: [out.example.org]
  resolution: DNS
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: ${address}}]
---
${
  tls &&
  `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: out}
spec: {host: out.example.org, trafficPolicy: {tls: {mode: ${tls}, credentialName: out}}}
---
`
}
${route('out.example.org')}`;

function needs(text: string) {
  const { resources } = loadResources([{ file: 'in.yaml', text: GATEWAY + text }], { namespace: 'default' });
  return neededBindings(compile({ resources, mesh: {}, identity: INGRESS_GATEWAY }).snapshot, resources);
}
const brief = (text: string) => needs(text).map(({ kind, binding, id }) => [kind, binding, id]);

test('an endpoint on the internet needs no binding, one in a private range or with a private name a VPC Service', () => {
  assert.deepEqual(brief(external('out.example.org')), []);
  assert.deepEqual(brief(external('9.9.9.9')), []);
  for (const address of ['10.1.2.3', '127.0.0.1', 'fd00::1', 'db.internal', 'ui', 'ui.default.svc.cluster.local']) {
    const name = `UPSTREAM_${`${address}:80`.replace(/[^A-Za-z0-9]+/g, '_')}`;
    assert.deepEqual(brief(external(address)), [['vpc_services', name, undefined]], address);
  }
});

test('a client certificate that is shown over the internet is a binding of its own', () => {
  assert.deepEqual(brief(external('out.example.org', 'SIMPLE')), []);
  const [[kind, name] = []] = brief(external('out.example.org', 'MUTUAL'));
  assert.equal(kind, 'mtls_certificates');
  assert.match(String(name), /^CERTIFICATE_out_example_org_80_/);
});

test('the mesh entry needs what its transport says, once for all destinations', () => {
  const routes = route('a.b.svc.cluster.local') + route('c.d.svc.cluster.local');
  assert.deepEqual(brief(routes + entry('mtlsCertificateId: "12"')), [
    ['mtls_certificates', 'CERTIFICATE_entry_example_com_443_mesh', '12'],
  ]);
  assert.deepEqual(brief(`${routes}${entry(`transport: TUNNEL, vpcServiceId: "34", assertion: {jwks: '{}'}`)}`), [
    ['secrets', 'ENTRY_KEY', undefined],
    ['vpc_services', 'UPSTREAM_entry_example_com_8081', '34'],
  ]);
});

test('what is bound already stays as it is, what is known is added, what is not is said', () => {
  const bound: WranglerConfig = { vpc_services: [{ binding: 'UPSTREAM_10_1_2_3_80', service_id: 'mine' }] };
  const needed = needs(external('10.1.2.3'));
  assert.deepEqual(missingBindings(needed, bound), []);
  assert.deepEqual(withBindings(bound, [{ ...needed[0]!, id: 'other' }]), bound);
  assert.deepEqual(withBindings({}, [{ ...needed[0]!, id: 'other' }]).vpc_services, [
    { binding: 'UPSTREAM_10_1_2_3_80', service_id: 'other' },
  ]);
  const [missing, ...more] = missingBindings(needed, {});
  assert.deepEqual([missing?.code, more], ['BSP0921', []]);
  assert.match(missing?.mend ?? '', /\[\[vpc_services\]\] with binding = "UPSTREAM_10_1_2_3_80" and its service_id/);
});

test('secrets, counters and the namespace of Snapshots come in beside what is there', () => {
  const base: WranglerConfig = { secrets: { required: ['MINE'] }, migrations: [{ tag: 'v9' }] };
  const secret = { kind: 'secrets', binding: 'ENTRY_KEY', what: '' } as const;
  const counters = { kind: 'durable_objects', binding: 'COUNTERS', what: '' } as const;
  assert.deepEqual(withBindings(base, [secret, counters], { snapshots: 'kv', control: 'api' }), {
    secrets: { required: ['MINE', 'ENTRY_KEY'] },
    durable_objects: { bindings: [{ name: 'COUNTERS', class_name: 'CounterObject' }] },
    migrations: [{ tag: 'v9' }, { tag: 'bowsprit-counters', new_sqlite_classes: ['CounterObject'] }],
    kv_namespaces: [{ binding: 'SNAPSHOTS', id: 'kv' }],
    services: [{ binding: 'ROLLOUTS', service: 'api', entrypoint: 'Rollouts' }],
  });
});
