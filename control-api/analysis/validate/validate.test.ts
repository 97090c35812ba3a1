/** Texts are Istio's own, as its webhook gave them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadResources } from '../../resources/load.ts';
import { validate } from './validate.ts';

const GROUPS: Record<string, string> = {
  AuthorizationPolicy: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  Telemetry: 'telemetry.istio.io/v1',
  WasmPlugin: 'extensions.istio.io/v1alpha1',
  ProxyConfig: 'networking.istio.io/v1beta1',
};

function said(kind: string, spec: object, metadata: object = {}): string[] {
  const apiVersion = GROUPS[kind] ?? 'networking.istio.io/v1';
  const text = JSON.stringify({ apiVersion, kind, metadata: { name: 'x', ...metadata }, spec });
  const { resources, findings } = loadResources([{ file: 'in.yaml', text }], { namespace: 'default' });
  assert.equal(resources.length, 1, JSON.stringify(findings));
  return validate(resources[0]!).map(
    ({ level, message }) => `${level}: ${message.replace(/^Schema validation \w+: /, '')}`,
  );
}

const allow = (rule: object) => ({ rules: [rule] });
const source = (fields: object) => allow({ from: [{ source: fields }] });
const operation = (fields: object) => allow({ to: [{ operation: fields }] });
const when = (key: string, values: string[]) => allow({ when: [{ key, values }] });
const server = (fields: object) => ({
  servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'], ...fields }],
});
const entry = (fields: object) => ({
  hosts: ['a.example.com'],
  ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
  resolution: 'DNS',
  ...fields,
});
const jwks = (keys: unknown) => ({ jwtRules: [{ issuer: 'i', jwks: JSON.stringify(keys) }] });
const badKey = (problem: string) =>
  `error: jwks parse error: failed to unmarshal JWK set: failed to decode key #0 in "keys": ${problem}`;
const RSA = { kty: 'RSA', e: 'AQAB', n: 'AAAA' };

type Row = [what: string, kind: string, spec: object, expected: string[], metadata?: object];
const rows: Row[] = [
  ['a trust domain', 'AuthorizationPolicy', source({ trustDomains: ['td'], notTrustDomains: ['old*'] }), []],
  [
    'a path as trust domain',
    'AuthorizationPolicy',
    source({ trustDomains: ['a/b'] }),
    [`error: trust domain must not contain '/', found in TrustDomains: "a/b"`],
  ],
  [
    'stars inside',
    'AuthorizationPolicy',
    when('source.trustDomain', ['a*b']),
    [
      'error: invalid `value` for `key` source.trustDomain: wildcard is only allowed at the start or end, found in source.trustDomain: "a*b"',
    ],
  ],
  [
    'an empty value',
    'AuthorizationPolicy',
    operation({ paths: [''] }),
    ['error: empty value not allowed, found in Paths'],
  ],
  [
    'a wildcard account',
    'AuthorizationPolicy',
    source({ serviceAccounts: ['ns/*'] }),
    ['error: wildcard not allowed, found in ServiceAccounts'],
  ],
  ['empty lists are none', 'AuthorizationPolicy', allow({ from: [], to: [], when: [] }), []],
  [
    'an empty segment of a template',
    'AuthorizationPolicy',
    operation({ paths: ['/a//{*}'] }),
    ['error: invalid or unsupported path a//{*}, found in Paths. Contains segment  with invalid string literal'],
  ],
  [
    'braces without a template',
    'AuthorizationPolicy',
    operation({ paths: ['/{id}'] }),
    ["error: invalid or unsupported path {id}, found in Paths. Contains '{' or '}' beyond a supported path template"],
  ],
  [
    'a replaced attribute',
    'AuthorizationPolicy',
    when('destination.labels[a]', ['b']),
    [
      'error: invalid `value` for `key` destination.labels[a]: attribute destination.labels[a] is replaced by the workload selector',
      'error: invalid `notValue` for `key` destination.labels[a]: attribute destination.labels[a] is replaced by the workload selector',
    ],
  ],
  [
    'a block out of range',
    'AuthorizationPolicy',
    source({ ipBlocks: ['10.0.0.0/33'] }),
    ['error: bad CIDR range (10.0.0.0/33): netip.ParsePrefix("10.0.0.0/33"): prefix length out of range'],
  ],
  ['a port out of range', 'AuthorizationPolicy', operation({ ports: ['65536'] }), ['error: bad port (65536): <nil>']],
  [
    'who is asked too early',
    'AuthorizationPolicy',
    { action: 'CUSTOM', provider: { name: 'p' }, ...source({ requestPrincipals: ['*'] }) },
    ['error: From.RequestPrincipals is currently not supported with CUSTOM action'],
  ],
  [
    'a rule that shuts TCP ports',
    'AuthorizationPolicy',
    { action: 'DENY', ...operation({ paths: ['/a'] }) },
    [
      'warning: configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
    ],
  ],
  [
    'a dry run that is no boolean',
    'AuthorizationPolicy',
    allow({}),
    [
      'error: default/x has annotation istio.io/dry-run with invalid value (yes): strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    { annotations: { 'istio.io/dry-run': 'yes' } },
  ],
  [
    'a dry run of AUDIT',
    'AuthorizationPolicy',
    { action: 'AUDIT' },
    [
      'error: the annotation istio.io/dry-run currently only supports action ALLOW/DENY, found action AUDIT in default/x',
    ],
    { annotations: { 'istio.io/dry-run': 'true' } },
  ],
  [
    'a selector without labels',
    'RequestAuthentication',
    { selector: {} },
    ['warning: workload selector specified without labels'],
  ],
  [
    'a strange target',
    'RequestAuthentication',
    { targetRef: { group: 'apps', kind: 'Deployment', name: 'x' } },
    [
      'error: targetRef must be to one of [core/v1/Service networking.istio.io/v1/ServiceEntry gateway.networking.k8s.io/v1/Gateway gateway.networking.k8s.io/v1/GatewayClass] but was apps/Deployment',
    ],
  ],
  ['keys', 'RequestAuthentication', jwks({ keys: [RSA, { ...RSA, use: 'enc', x5c: [] }] }), []],
  ['a single key', 'RequestAuthentication', jwks(RSA), []],
  [
    'a private key',
    'RequestAuthentication',
    jwks({ keys: [{ ...RSA, d: 'AAAA' }] }),
    ['warning: jwks key at index 0 contains private key material; only public keys are used for verification'],
  ],
  [
    'a kid that is no text',
    'RequestAuthentication',
    jwks({ keys: [{ ...RSA, kid: 5 }] }),
    [
      badKey(
        'failed to unmarshal JSON into key (*jwk.rsaPublicKey): failed to decode value for key kid: number is no string',
      ),
    ],
  ],
  [
    'a curve that is missing',
    'RequestAuthentication',
    jwks({ keys: [{ kty: 'EC', x: 'AA', y: 'AA' }] }),
    [badKey('failed to unmarshal JSON into key (*jwk.ecdsaPublicKey): required field crv is missing')],
  ],
  [
    'a kty that is missing',
    'RequestAuthentication',
    jwks({ keys: [{ n: 'AA' }] }),
    [badKey('invalid key type from JSON ()')],
  ],
  ['a short name', 'Gateway', server({ hosts: ['localhost'] }), ['error: short names (non FQDN) are not allowed']],
  [
    'an underscore',
    'Gateway',
    server({ hosts: ['a_b.example.com'] }),
    ['error: domain name "a_b.example.com" invalid (label "a_b" invalid)'],
  ],
  ['TLS that asks for nothing', 'Gateway', server({ tls: {} }), []],
  [
    'TLS on a plain port',
    'Gateway',
    server({ tls: { mode: 'SIMPLE', credentialName: 'c' } }),
    ['error: server cannot have TLS settings for plain text HTTP ports'],
  ],
  [
    'two sources of certificates',
    'Gateway',
    {
      servers: [
        {
          port: { number: 443, name: 'x', protocol: 'HTTPS' },
          hosts: ['*'],
          tls: { mode: 'SIMPLE', credentialName: 'c', serverCertificate: '/a', privateKey: '/b' },
        },
      ],
    },
    [
      'error: only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified',
    ],
  ],
  ['an address to bind to that is none', 'Gateway', server({ bind: 'eth0' }), ['error: eth0 is not a valid IP']],
  ['a selector like no label', 'Gateway', { selector: { 'a b': 'c d' }, ...server({}) }, []],
  ['a name with dots', 'Gateway', server({}), ['error: invalid gateway name: "a.b"'], { name: 'a.b' }],
  [
    'a name that is not asked for here',
    'VirtualService',
    {
      hosts: ['a.example.com'],
      gateways: ['gw'],
      tls: [{ match: [{ sniHosts: ['b.example.com'] }], route: [{ destination: { host: 'a' } }] }],
    },
    ['error: SNI host "b.example.com" is not a compatible subset of any of the virtual service hosts: [a.example.com]'],
  ],
  [
    'a list in one header name',
    'VirtualService',
    {
      hosts: ['a.example.com'],
      http: [{ corsPolicy: { allowHeaders: ['a,b'] }, route: [{ destination: { host: 'a' } }] }],
    },
    [],
  ],
  [
    'a TCP rule to nowhere',
    'VirtualService',
    { hosts: ['a.example.com'], gateways: ['gw'], tcp: [{ match: [{ port: 65536 }], route: [] }] },
    ['error: port number 65536 must be in the range 1..65535', 'error: TCP route is required'],
  ],
  [
    'an unknown protocol',
    'ServiceEntry',
    entry({ ports: [{ number: 80, name: 'x', protocol: 'SPDY' }] }),
    ['error: unsupported protocol: SPDY'],
  ],
  [
    'hosts that TCP cannot tell',
    'ServiceEntry',
    entry({ hosts: ['a.example.com', 'b.example.com'], ports: [{ number: 80, name: 'x', protocol: 'TCP' }] }),
    ['error: multiple hosts provided with non-HTTP, non-TLS ports'],
  ],
  [
    'a wildcard that DNS cannot ask for',
    'ServiceEntry',
    entry({ hosts: ['*.example.com'] }),
    [
      'error: hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode DNS, domain name "*.example.com" invalid (label "*" invalid)',
    ],
  ],
  [
    'an address that is none',
    'ServiceEntry',
    entry({ resolution: 'STATIC', endpoints: [{ address: 'a.example.com' }] }),
    ['error: endpoint address "a.example.com" is not a valid IP address'],
  ],
  [
    'a host without its namespace',
    'Sidecar',
    { egress: [{ hosts: ['reviews', './reviews', './*', '~ns/*'] }] },
    [
      'error: host must be of form namespace/dnsName',
      'error: short names (non FQDN) are not allowed',
      'warning: duplicated egress host: ./*',
    ],
  ],
  ['nothing', 'Sidecar', {}, ['error: sidecar: empty configuration provided']],
  [
    'a tag without a value',
    'Telemetry',
    { metrics: [{ overrides: [{ tagOverrides: { a: {} } }] }] },
    ['error: tagOverrides.value must be set when operation is UPSERT'],
  ],
  [
    'an expression that ends early',
    'Telemetry',
    { accessLogging: [{ filter: { expression: 'response.code >=' } }] },
    ['error: must be a valid CEL expression, Unexpected token: EOF'],
  ],
  [
    'a probe of nothing',
    'WorkloadGroup',
    { template: {}, probe: { periodSeconds: 1 } },
    ['error: unknown health check method <nil>'],
  ],
  [
    'an address that is no name',
    'WorkloadEntry',
    { address: 'a b' },
    ['error: endpoint address "a b" is not a valid FQDN or an IP address'],
  ],
  [
    'a URL with a stray percent sign',
    'WasmPlugin',
    { url: '%' },
    ['error: failed to parse url: parse "%": invalid URI for request'],
  ],
];

for (const [what, kind, spec, expected, metadata] of rows) {
  test(`${kind}: ${what}`, () => assert.deepEqual(said(kind, spec, metadata), expected));
}
