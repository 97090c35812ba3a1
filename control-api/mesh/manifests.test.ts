import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import type { Manifest } from './manifest.ts';
import { meshManifests } from './manifests.ts';

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
`;
const route = (name: string, routes: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}}
spec: {hosts: [${name}.example.com], gateways: [gw], http: [{${routes}}]}
`;
const ENTRY = `
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec: {address: entry.example.com, edgePrincipal: example.com/edge}
`;
const EXTERNAL = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: out}
spec:
  hosts: [out.example.org]
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 127.0.0.1}]
`;

function compiledWith(mesh: Record<string, unknown>, ...texts: string[]) {
  const { resources } = loadResources([{ file: 'in.yaml', text: texts.join('---\n') }], { namespace: 'default' });
  return compile({ resources, mesh, identity: INGRESS_GATEWAY });
}
const compiled = (...texts: string[]) => compiledWith({}, ...texts);

const names = (manifests: Manifest[], kind: string) =>
  manifests.filter((m) => m.kind === kind).map((m) => m.metadata.name);

test('each destination, mirror and subset gets one VirtualService; what has endpoints here gets none', () => {
  const { snapshot } = compiled(
    GATEWAY,
    EXTERNAL,
    route(
      'a',
      'route: [{destination: {host: ui, subset: v1, port: {number: 80}}}], mirror: {host: shadow, port: {number: 80}}',
    ),
    route('b', 'route: [{destination: {host: ui, subset: v1, port: {number: 80}}}]'),
    route('c', 'route: [{destination: {host: out.example.org}}]'),
  );
  assert.deepEqual(names(meshManifests(snapshot), 'VirtualService'), [
    'bowsprit-none',
    'd-80-v1.ui.default.svc.cluster.local',
    'd-80.shadow.default.svc.cluster.local',
  ]);
});

test('the same files in another order give the same objects', () => {
  const a = route('a', 'route: [{destination: {host: ui, port: {number: 80}}}]');
  const b = route('b', 'route: [{destination: {host: api, port: {number: 80}}}]');
  assert.deepEqual(meshManifests(compiled(GATEWAY, a, b).snapshot), meshManifests(compiled(b, a, GATEWAY).snapshot));
});

test('only the principal of the MeshEntry is let in', () => {
  const { snapshot } = compiled(GATEWAY, ENTRY);
  const policy = meshManifests(snapshot, { edgePrincipal: 'example.com/edge' }).find(
    (m) => m.kind === 'AuthorizationPolicy',
  );
  assert.match(JSON.stringify(policy?.spec), /"principals":\["example.com\/edge"\]/);
});

test('with a MeshEntry an unknown service becomes a cluster behind it; without one it stays unknown', () => {
  const a = route('a', 'route: [{destination: {host: ui, port: {number: 80}}}]');
  const name = 'outbound|80||ui.default.svc.cluster.local';
  assert.equal(compiled(GATEWAY, a).snapshot.clusters[name], undefined);
  const cluster = compiled(GATEWAY, a, ENTRY).snapshot.clusters[name];
  assert.deepEqual(cluster?.endpoints, [{ address: 'entry.example.com', port: 443, labels: {}, weight: 1 }]);
  assert.equal(cluster?.resolution, 'MESH');
});

test('a second MeshEntry is left out, with a finding', () => {
  const { findings } = compiled(GATEWAY, ENTRY, ENTRY.replace('name: entry', 'name: other'));
  assert.deepEqual(
    findings.map((f) => f.code),
    ['BSP0920'],
  );
});

test('what the entry carries out is said to be in the cluster: retries that are written, and rules of hosts behind it', () => {
  const rule = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ui}
spec: {host: ui, trafficPolicy: {loadBalancer: {simple: RANDOM}}}
`;
  const to = 'route: [{destination: {host: ui, port: {number: 80}}}]';
  const texts = [GATEWAY, rule, route('a', `retries: {attempts: 1}, ${to}`), route('b', to)];
  const inCluster = (...more: string[]) =>
    compiled(...texts, ...more).placements.flatMap(({ resource, field, where }) =>
      where === 'cluster' ? [`${resource} ${field ?? ''}`] : [],
    );
  assert.deepEqual(inCluster(ENTRY), ['VirtualService default/a spec.http[0].retries', 'DestinationRule default/ui ']);
  assert.deepEqual(inCluster(), ['DestinationRule default/ui ']);
});

test('authorisers and issuers that are services of the cluster are destinations, too', () => {
  const authoriser = (service: string) => ({ name: service, envoyExtAuthzHttp: { service, port: 8080 } });
  const mesh = { extensionProviders: ['auth/opa.auth.svc.cluster.local', 'opa.example.com'].map(authoriser) };
  const issuer = (uri: string) => `{issuer: "${uri}", jwksUri: "${uri}"}`;
  const uris = ['http://keys.auth.svc:9000/a', 'http://keys.example/a', 'https://id.auth.svc.cluster.local/a'];
  const issuers = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: users, namespace: istio-system}
spec: {jwtRules: [${uris.map(issuer).join()}]}
`;
  const { snapshot } = compiledWith(mesh, GATEWAY, ENTRY, issuers);
  assert.deepEqual(names(meshManifests(snapshot), 'VirtualService').slice(1), [
    'd-8080.opa.auth.svc.cluster.local',
    'd-9000.keys.auth.svc.cluster.local',
  ]);
  assert.match(JSON.stringify(snapshot.listeners), /"jwksCluster":"outbound\|9000\|\|keys.auth.svc.cluster.local"/);
  assert.deepEqual(compiledWith(mesh, GATEWAY, issuers).snapshot.clusters, {});
});
