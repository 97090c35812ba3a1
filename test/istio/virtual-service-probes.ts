/** Specs that Istio's webhook has an opinion on: each is one that passes with one thing changed. */

const HOSTS = [
  ...[
    'a.com',
    'a.com.',
    'a..b',
    '-a.com',
    'a-.com',
    'a_b.com',
    '*',
    '*.com',
    '*foo.com',
    '*-foo.com',
    '*-.com',
    '*.*',
    '*.',
  ],
  ...[
    'a.*.com',
    'foo',
    '*foo',
    'a.com:80',
    '10.0.0.1',
    '256.1.1.1',
    '1.2',
    '::1',
    '[::1]',
    'a.123',
    '*.1',
    'Ä.com',
    '',
  ],
  ...[`${'a'.repeat(63)}.com`, `${'a'.repeat(64)}.com`, 'a b'],
];
const GATEWAY_NAMES = ['gw', 'ns/gw', './gw', '/gw', 'ns/', 'ns/gw/x', 'gw_x', 'mesh', '', 'a..b', 'NS/gw'];
const HEADER_NAMES = [
  ...['x', 'x_y', 'x.y', 'x y', '', 'host', ':authority', ':path', ':status', ':foo', 'x:y', '@request.auth.claims'],
  ...['@request.auth.claims.a', '@request.auth.claims.', '@request.auth.claims[a]', '@request.auth.claims[a]b', '@x'],
];
const HEADER_VALUES = [
  ...[
    '',
    'a',
    '%',
    '%%',
    '%%%',
    '100%',
    'a%b',
    '%REQ(x)%',
    '%REQ(x)',
    '%REQ%',
    '%REQ()%',
    '%REQ(x):3%',
    '%foo%',
    '% x%',
  ],
  ...[
    '%START_TIME(%Y)%',
    '%UPSTREAM_METADATA(["a","b"])%',
    '%UPSTREAM_METADATA(["a" "b"])%',
    '%X(["a"]b)%',
    '%REQ(x) %',
  ],
  ...['a\tb', 'a\nb', 'a\u0001b', '%X(a\\', '%X(a\\)b)%', '%X(a"b)%', '%X([a])%'],
];
const MATCHES = [
  ...[
    { exact: '' },
    { prefix: '' },
    { regex: '' },
    { regex: '*' },
    { regex: '(' },
    { regex: '(?=a)' },
    { regex: '\\pL' },
  ],
  ...[{ regex: 'a'.repeat(1024) }, { regex: 'a'.repeat(1025) }, { regex: 'a{1001}' }, { regex: '\\Z' }, {}],
];

const route = [{ destination: { host: 'reviews' } }];
const virtualService = (http: object, rest: object = {}) => ({
  hosts: ['app.example.com'],
  gateways: ['gw'],
  http: [http],
  ...rest,
});
const matching = (match: object, rest: object = {}) => virtualService({ match: [match], route }, rest);

const ROUTES: object[] = [
  {},
  { route: [] },
  { redirect: {} },
  { redirect: { uri: '/' }, route },
  { redirect: { uri: '/' }, fault: { abort: { httpStatus: 500 } } },
  { redirect: { uri: '/' }, rewrite: { uri: '/' } },
  { redirect: { uri: '/', prefixRewrite: '/' } },
  { redirect: { prefixRewrite: '/' }, match: [{ uri: { exact: '/' } }] },
  { redirect: { prefixRewrite: '/' }, match: [{ uri: { prefix: '/' } }, { method: { exact: 'GET' } }] },
  { redirect: { port: 0 } },
  { redirect: { port: 65_536 } },
  { redirect: { derivePort: 'FROM_PROTOCOL_DEFAULT' } },
  { redirect: { scheme: 'HTTPS' } },
  { redirect: { uri: '/', redirectCode: 299 } },
  { directResponse: { status: 199 } },
  { directResponse: { status: 200 }, route },
  { directResponse: { status: 200 }, fault: { abort: { httpStatus: 500 } } },
  { directResponse: { status: 200 }, rewrite: { uri: '/' } },
  ...['YQ==', 'YQ', '_-__', '!!', ''].map((bytes) => ({ directResponse: { status: 200, body: { bytes } } })),
  ...[100 * 1024, 100 * 1024 + 1].map((size) => ({
    directResponse: { status: 200, body: { string: 'x'.repeat(size) } },
  })),
  ...[{}, { uri: '/', uriRegexRewrite: { match: 'a', rewrite: 'b' } }, { uriRegexRewrite: { match: 'a' } }].map(
    (rewrite) => ({ route, rewrite }),
  ),
  { route, rewrite: { uriRegexRewrite: { match: 'a'.repeat(1025), rewrite: 'b' } } },
  { route, rewrite: { authority: 'a' }, headers: { request: { set: { host: 'b' } } } },
  { route, rewrite: { authority: 'a' }, headers: { request: { add: { ':authority': 'b' } } } },
  { route, headers: { request: { set: { host: 'a' }, add: { Host: 'b' } } } },
  { route, rewrite: { uri: '/' }, headers: { request: { set: { host: 'a' } } } },
  { delegate: {} },
  { delegate: { name: 'a' }, route: [] },
  { delegate: { name: 'a' }, route },
  { delegate: { name: 'a' }, redirect: { uri: '/' } },
  { delegate: { name: 'a' }, directResponse: { status: 200 } },
  ...['', '*', '*.com', 'a_b', 'a', '10.0.0.1'].map((host) => ({ route: [{ destination: { host } }] })),
  ...['', 'v_1', 'V1', 'v1.2', 'a'.repeat(64)].map((subset) => ({ route: [{ destination: { host: 'a', subset } }] })),
  { route: [{}] },
  { route: [{ destination: { host: 'a', port: {} } }] },
  { route: [...route, ...route] },
  { route, mirror: { host: 'a' }, mirrors: [{ destination: { host: 'a' } }] },
  { route, mirror: { host: '*' } },
  { route, mirrors: [{}] },
  { route, mirrors: [{ destination: { host: 'a' }, percentage: { value: 101 } }] },
  { route, mirror: { host: 'a' }, mirrorPercentage: { value: -1 } },
  { route, mirror: { host: 'a' }, mirrorPercent: 50 },
  { route, mirror: { host: 'a' }, mirrorPercent: 101 },
];

const headerOperations = (name: string) =>
  [
    { request: { add: { [name]: 'v' } } },
    { request: { set: { [name]: 'v' } } },
    { request: { remove: [name] } },
    { response: { add: { [name]: 'v' } } },
    { response: { set: { [name]: 'v' } } },
    { response: { remove: [name] } },
  ].flatMap((headers) => [
    virtualService({ route, headers }),
    virtualService({ route: [{ destination: { host: 'a' }, headers }] }),
  ]);

const overlapping = (first: object, second: object) => ({
  hosts: ['app.example.com'],
  gateways: ['gw'],
  http: [first, second].map((match) => ({ match: [match], route })),
});

export const VIRTUAL_SERVICES: object[] = [
  ...HOSTS.flatMap((host) =>
    [['gw'], ['gw', 'mesh'], []].map((gateways) => virtualService({ route }, { hosts: [host], gateways })),
  ),
  ...[
    ['a.com', 'a.com'],
    ['a.com', '*.com'],
    ['*', 'a.com'],
    ['*.b.com', '*.a.com'],
    ['A.com', 'a.com'],
  ].map((hosts) => virtualService({ route }, { hosts })),
  ...GATEWAY_NAMES.flatMap((name) => [
    virtualService({ route }, { gateways: [name] }),
    virtualService({ route }, { gateways: ['a/b', name, 'c d'] }),
    matching({ gateways: [name] }),
  ]),
  virtualService({ route }, { hosts: [], gateways: [] }),
  virtualService({ route }, { hosts: [] }),
  { hosts: [], tcp: [{ route }] },
  { hosts: ['a.com'], gateways: ['gw'] },
  virtualService({ delegate: { name: 'a' } }, { hosts: [], gateways: [] }),
  ...ROUTES.map((http) => virtualService(http)),
  ...MATCHES.flatMap((value) => [
    matching({ uri: value }),
    matching({ method: value }),
    matching({ authority: value }),
    matching({ headers: { x: value } }),
    matching({ withoutHeaders: { x: value } }),
    matching({ queryParams: { x: value } }),
  ]),
  ...HEADER_NAMES.flatMap((name) => [
    matching({ headers: { [name]: { exact: 'a' } } }),
    matching({ withoutHeaders: { [name]: { exact: 'a' } } }, { gateways: ['gw', 'mesh'] }),
    matching({ headers: { [name]: { exact: 'a' } } }, { hosts: [], gateways: [] }),
    ...headerOperations(name),
  ]),
  ...HEADER_VALUES.flatMap((value) => [
    virtualService({ route, headers: { request: { set: { x: value } } } }),
    virtualService({ route: [{ destination: { host: 'a' }, headers: { response: { add: { x: value } } } }] }),
  ]),
  ...[{ port: 65_536 }, { sourceNamespace: 'a_b' }, { sourceLabels: { 'a b': 'c' } }, { name: 'a' }, {}].map((match) =>
    matching(match),
  ),
  ...[['*'], ['.'], ['~'], ['*', '.'], ['.', 'default'], ['ns', 'ns'], ['NS'], ['a.b'], ['']].map((exportTo) =>
    virtualService({ route }, { exportTo }),
  ),
  overlapping({ uri: { prefix: '/a' } }, { uri: { prefix: '/a' } }),
  overlapping({ uri: { prefix: '/a' }, name: 'n' }, { uri: { prefix: '/a' }, name: 'm' }),
  overlapping({ uri: { prefix: '/a' } }, { uri: { prefix: '/a/b' } }),
  overlapping({ uri: { prefix: '/a/b' } }, { uri: { prefix: '/a' } }),
  overlapping({ uri: { prefix: '/a' } }, { uri: { exact: '/a/b' } }),
  overlapping({ uri: { prefix: '/a' }, port: 80 }, { uri: { prefix: '/a/b' } }),
  overlapping({ uri: { prefix: '/a' }, method: { exact: 'POST' } }, { uri: { prefix: '/a/b' } }),
  overlapping({ uri: { prefix: '/a' }, method: { exact: 'GET' } }, { uri: { prefix: '/a/b' } }),
  overlapping(
    { uri: { prefix: '/a' }, headers: { x: { exact: 'ab' } } },
    { uri: { prefix: '/a/b' }, headers: { x: { exact: 'a' } } },
  ),
  overlapping({ uri: { prefix: '/a' }, headers: { x: { exact: 'a' } } }, { uri: { prefix: '/a/b' } }),
];
