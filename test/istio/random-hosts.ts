/** Random Gateways and VirtualServices whose hosts, ports, namespaces and ages meet: who answers for a host, and with which route. */
import fc from 'fast-check';
import type { CapturedRequest, ConformanceCase } from '../conformance/case.ts';
import { documents, gateway, REVIEWS, resource, SERVICES } from './services.ts';

const REQUESTS = 60;
const HOSTS = [
  'a.example.com',
  'b.example.com',
  '*.example.com',
  '*.a.example.com',
  'c.example.org',
  '*',
  '*',
] as const;
const PORTS = [
  { number: 80, name: 'http', protocol: 'HTTP' },
  { number: 8080, name: 'http-alt', protocol: 'HTTP' },
  { number: 443, name: 'https', protocol: 'HTTPS' },
] as const;
const NAMESPACES = ['default', 'other', 'istio-system'];
const several = <T>(one: fc.Arbitrary<T>, maxLength = 2) => fc.uniqueArray(one, { minLength: 1, maxLength });
/** One of eight. */
const rarely = fc.nat(7).map((drawn) => drawn === 0);
const namespace = fc.constantFrom(...NAMESPACES);

const gatewayHost = fc
  .tuple(fc.constantFrom('', '', '', '', './', '*/', 'default/', 'other/'), fc.constantFrom(...HOSTS))
  .map((parts) => parts.join(''))
  // Istio's own control plane panics over it in a list with others (sanitizeServerHostNamespace).
  .map((host) => (host === '*/*' ? '*' : host));
const server = fc
  .record({ port: fc.constantFrom(...PORTS), hosts: several(gatewayHost), redirected: rarely, name: fc.nat(99) })
  .map(({ port, hosts, redirected, name }) => ({
    port: { ...port, name: `${port.name}-${name}` },
    hosts,
    ...(port.protocol === 'HTTPS' && { tls: { mode: 'SIMPLE', credentialName: 'cert' } }),
    ...(port.protocol === 'HTTP' && redirected && { tls: { httpsRedirect: true } }),
  }));
const servers = fc.array(server, { minLength: 1, maxLength: 3 });

const path = fc.constantFrom('/', '/a', '/a/b', '/b');
const uri = fc.oneof(
  path.map((exact) => ({ exact })),
  path.map((prefix) => ({ prefix })),
  fc.constant({ regex: '/a.*' }),
);
const match = fc.record(
  {
    uri,
    gateways: fc.constantFrom(['gw0'], ['gw1'], ['other/gw1'], ['mesh']),
    port: fc.constantFrom(80, 443),
    authority: fc.constantFrom({ exact: 'a.example.com' }, { prefix: 'a.' }, { regex: '.*:8080' }),
    sourceNamespace: fc.constantFrom('istio-system', 'default'),
    sourceLabels: fc.constantFrom({ istio: 'ingressgateway' }, { app: 'other' }),
  },
  { requiredKeys: [] },
);
const toSubset = fc.constantFrom('v1', 'v2', 'v3').map((subset) => ({
  route: [{ destination: { host: REVIEWS, subset, port: { number: 8080 } } }],
}));
const redirect = fc.constantFrom(
  { authority: 'else.example.com' },
  { scheme: 'https' },
  { derivePort: 'FROM_REQUEST_PORT' },
);
const action = fc.oneof(
  { weight: 4, arbitrary: toSubset },
  fc.constantFrom('d0', 'd1', 'absent').map((name) => ({ delegate: { name, namespace: 'default' } })),
  redirect.map((given) => ({ redirect: given })),
  fc.constantFrom(200, 404).map((status) => ({ directResponse: { status, body: { string: 'direct' } } })),
);
const matches = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.array(
      uri.map((given) => ({ uri: given })),
      { maxLength: 2 },
    ),
  },
  fc.array(match, { maxLength: 2 }),
);
const route = fc.tuple(matches, action).map(([asked, done]) => ({ match: asked, ...done }));
const virtualService = fc.record({
  namespace,
  /** Seconds after midnight: the older one wins. */
  age: fc.integer({ min: 0, max: 3 }),
  spec: fc.record(
    {
      hosts: several(fc.constantFrom(...HOSTS)),
      gateways: fc.constantFrom(['default/gw0'], ['default/gw0', 'other/gw1'], ['other/gw1', 'mesh'], ['gw1']),
      http: fc.array(route, { minLength: 1, maxLength: 4 }),
      exportTo: fc.constantFrom(['*'], ['*'], ['.'], ['istio-system']),
    },
    { requiredKeys: ['hosts', 'gateways', 'http'] },
  ),
});
const delegate = fc
  .array(fc.tuple(matches, toSubset), { minLength: 1, maxLength: 2 })
  .map((routes) => ({ http: routes.map(([asked, done]) => ({ match: asked, ...done })) }));
const mesh = fc.constantFrom(
  '',
  'pathNormalization: {normalization: MERGE_SLASHES}',
  'pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}',
  'pathNormalization: {normalization: NONE}',
  'defaultConfig: {gatewayTopology: {numTrustedProxies: 1}}',
);

const authority = fc
  .tuple(
    fc.constantFrom(
      'a.example.com',
      'b.example.com',
      'x.a.example.com',
      'z.example.com',
      'c.example.org',
      'nobody.test',
    ),
    fc.constantFrom('', '', '', ':80', ':8080', '.'),
  )
  .map((parts) => parts.join(''));
const request = fc.record(
  {
    host: authority,
    path: fc.constantFrom('/', '/a', '/a/b', '/a//b', '/b?q=1', '/a%2fb', '/%61', '/a%5cb'),
    port: fc.constantFrom(80, 8080, 443),
    headers: fc.constantFrom({}, { 'x-forwarded-for': '10.1.1.1, 10.2.2.2' }, { 'x-forwarded-proto': 'https' }),
  },
  { requiredKeys: ['host', 'path', 'port', 'headers'] },
);

const configuration = fc.tuple(
  servers,
  servers,
  fc.array(virtualService, { minLength: 2, maxLength: 5 }),
  fc.tuple(delegate, delegate),
  mesh,
);

/** So that some requests come through. */
const EVERY_HOST = { port: { number: 80, name: 'plain', protocol: 'HTTP' }, hosts: ['*'] };

/** The same for the same seed. */
export function randomHosts(seed: number): ConformanceCase {
  const [sampled] = fc.sample(configuration, { seed, numRuns: 1 });
  const [first, second, services, delegates, settings] = sampled!;
  const requests = fc.sample(request, { seed, numRuns: REQUESTS }).map((given, index): CapturedRequest => {
    const scheme = given.port === 443 ? 'https' : 'http';
    return { ...given, scheme, name: `${index} ${scheme}://${given.host} ${given.port} ${given.path}` };
  });
  const virtualServices = services.map(({ namespace: home, age, spec }, index) => {
    const made = resource('networking', 'VirtualService', `vs${index}`, spec, home) as { metadata: object };
    return { ...made, metadata: { ...made.metadata, creationTimestamp: `2026-01-01T00:00:0${age}Z` } };
  });
  const config = documents([
    ...SERVICES,
    gateway('gw0', [EVERY_HOST, ...first]),
    { ...gateway('gw1', second), metadata: { name: 'gw1', namespace: 'other' } },
    ...virtualServices,
    ...delegates.map((spec, index) => resource('networking', 'VirtualService', `d${index}`, spec)),
  ]);
  return { file: `hosts/${seed}.yaml`, area: 'random', config, requests, ...(settings && { mesh: settings }) };
}
