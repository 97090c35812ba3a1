/** Random configurations, written as users write them, with requests that come near what they match. */
import fc from 'fast-check';
import type { CapturedRequest, ConformanceCase } from '../conformance/case.ts';
import { documents, gateway, REVIEWS, resource, SERVICES } from './services.ts';

/** Each has a VirtualService of its own. */
const HOSTS = 6;
const REQUESTS_PER_HOST = 10;

/** Few letters and short strings, so that matches, overlaps and near misses are common. */
const path = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '/', '.'), maxLength: 4 }).map((tail) => `/${tail}`);
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'B'), minLength: 1, maxLength: 2 });
const partly = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });
const one = <T>(name: string, value: fc.Arbitrary<T>) => value.map((given) => ({ [name]: given }));

const valueMatch = fc.oneof(
  one('exact', word),
  one('prefix', word),
  one('regex', fc.constantFrom('a.*', '[ab]*', 'a|b', '')),
  fc.constant({}),
);
const uri = fc.oneof(
  one('exact', path),
  one('prefix', path),
  one('regex', fc.constantFrom('/a.*', '/[ab]+', '/a|/b', '.*b', '/(a|b)/.*')),
);
const headerMatches = fc.dictionary(fc.constantFrom('x-one', 'x-two', 'cookie'), valueMatch, { maxKeys: 2 });
const match = partly({
  uri,
  ignoreUriCase: fc.boolean(),
  method: fc.constantFrom({ exact: 'GET' }, { regex: 'GET|POST' }, { prefix: 'P' }),
  headers: headerMatches,
  withoutHeaders: headerMatches,
  queryParams: fc.dictionary(fc.constantFrom('p', 'q'), valueMatch, { maxKeys: 1 }),
  scheme: fc.constantFrom({ exact: 'http' }, { exact: 'https' }),
  port: fc.constantFrom(80, 81),
});

const text = fc.constantFrom('plain', '%REQ(x-one)%', '%REQ(x-none?x-two)%', '50%%', '[%PROTOCOL%]', '%REQ(:path)%');
const operations = partly({
  set: fc.dictionary(fc.constantFrom('x-one', 'x-new', 'X-Other', 'server'), text, { maxKeys: 2 }),
  add: fc.dictionary(fc.constantFrom('x-one', 'x-new', 'x-echo'), text, { maxKeys: 2 }),
  remove: fc.uniqueArray(fc.constantFrom('x-one', 'x-two', 'x-echo'), { maxLength: 1 }),
});
const headers = partly({ request: operations, response: operations });
const destination = fc
  .constantFrom('v1', 'v2', 'v3', 'none')
  .map((subset) => ({ host: REVIEWS, subset, port: { number: 8080 } }));
/** All or nothing: two gateways draw differently. */
const route = fc.oneof(
  fc.tuple(fc.record({ destination, headers })),
  fc.tuple(
    fc.record({ destination, headers, weight: fc.constant(100) }),
    fc.record({ destination, headers, weight: fc.constant(0) }),
  ),
);
const rewrite = fc.oneof(
  one('uri', path),
  fc.record({ uri: path, authority: fc.constant('other.example.com') }),
  one(
    'uriRegexRewrite',
    fc.constantFrom({ match: '^/([^/]+)(/.*)$', rewrite: '\\2/\\1' }, { match: 'a', rewrite: 'z\\0' }),
  ),
);
const always = fc.constantFrom({ value: 0 }, { value: 100 });
const fault = partly({
  abort: fc.oneof(
    fc.record({ percentage: always, httpStatus: fc.constantFrom(418, 503, 200) }),
    fc.record({ percentage: always, grpcStatus: fc.constantFrom('UNAVAILABLE', 'PERMISSION_DENIED') }),
  ),
});
const corsPolicy = fc.record(
  {
    allowOrigins: fc.array(
      fc.constantFrom({ exact: 'https://a.example.com' }, { prefix: 'https://' }, { regex: '.*' }, { exact: '*' }),
      { minLength: 1, maxLength: 2 },
    ),
    allowMethods: fc.constantFrom(['GET'], ['GET', 'POST'], ['*']),
    allowHeaders: fc.constantFrom(['x-one'], ['*']),
    exposeHeaders: fc.constantFrom(['x-echo']),
    maxAge: fc.constantFrom('0s', '600s'),
    allowCredentials: fc.boolean(),
    unmatchedPreflights: fc.constantFrom('FORWARD', 'IGNORE'),
  },
  { requiredKeys: ['allowOrigins'] },
);
const matches = fc.array(match, { maxLength: 3 });
const forwarding = fc.record(
  {
    match: matches,
    route,
    rewrite,
    headers,
    fault,
    corsPolicy,
    retries: fc.constantFrom({ attempts: 0 }, { attempts: 2, retryOn: '5xx' }),
    timeout: fc.constant('5s'),
    mirror: fc.constant({ host: 'shadow.default.svc.cluster.local', port: { number: 8080 } }),
  },
  { requiredKeys: ['match', 'route'] },
);
const redirect = partly({
  uri: fc.constantFrom('/elsewhere', '/else?where=1'),
  authority: fc.constant('else.example.com'),
  scheme: fc.constantFrom('https', 'http'),
  port: fc.constantFrom(80, 443, 8443),
  redirectCode: fc.constantFrom(302, 303, 307, 308),
});
const directResponse = fc.record({ status: fc.constantFrom(200, 404, 503), body: fc.constant({ string: 'direct' }) });
const http = fc.oneof(
  { weight: 3, arbitrary: forwarding },
  fc.record({ match: matches, redirect, headers }, { requiredKeys: ['match', 'redirect'] }),
  fc.record({ match: matches, directResponse, headers }, { requiredKeys: ['match', 'directResponse'] }),
);

const hosts = fc.array(fc.constantFrom('t0.example.com', 't1.example.com', '*.example.com', 'T2.example.com'), {
  minLength: 1,
  maxLength: 2,
});
const paths = fc.array(fc.constantFrom('/a*', '/b', '*b', '*', '/a/{*}', '/{**}/b'), { minLength: 1, maxLength: 2 });
const methods = fc.constantFrom(['GET'], ['POST', 'DELETE'], ['*']);
const operation = partly({ hosts, notHosts: hosts, paths, notPaths: paths, methods, notMethods: methods });
const values = fc.constantFrom(['a'], ['a*'], ['*b'], ['*']);
const when = fc.oneof(
  fc.record({ key: fc.constant('request.headers[x-one]'), values }),
  fc.record({ key: fc.constant('request.headers[x-two]'), notValues: values }),
);
const policy = fc.record({
  action: fc.constantFrom('DENY', 'ALLOW'),
  rules: fc.array(
    fc.record(
      { to: fc.tuple(one('operation', operation)), when: fc.array(when, { maxLength: 1 }) },
      { requiredKeys: [] },
    ),
    { minLength: 1, maxLength: 2 },
  ),
});

const target = fc
  .tuple(
    fc.oneof(path, fc.constantFrom('//a', '/%61', '/a;x', '/a%2Fb', '/A', '/a//b', '/b/%2e%2e/a', '/a%25')),
    fc.constantFrom('', '?', '?p=a', '?q=b&p=a', '?p', '?pp=a&p=ab', '?p=&q=B', '?p=%61'),
  )
  .map((parts) => parts.join(''));
const line = fc.oneof(
  fc.tuple(fc.constantFrom('x-one', 'X-Two', 'x-new', 'cookie', 'x-envoy-original-path'), word),
  fc.tuple(fc.constant('origin'), fc.constantFrom('https://a.example.com', 'https://c.example.org', 'null')),
  fc.tuple(fc.constant('access-control-request-method'), fc.constantFrom('GET', 'PATCH')),
  fc.constant(['content-type', 'application/grpc'] as const),
  fc.constant(['x-echo-status', '503'] as const),
);
const request = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD'),
  path: target,
  headers: fc.uniqueArray(line, { selector: ([name]) => name, maxLength: 4 }).map((lines) => Object.fromEntries(lines)),
});

const tables = fc.array(fc.array(http, { minLength: 1, maxLength: 5 }), { minLength: HOSTS, maxLength: HOSTS });
const policies = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(policy, { minLength: 1, maxLength: 2 }));

/** The same for the same seed. */
export function randomCase(seed: number): ConformanceCase {
  const [[routes = [], rules = []] = []] = fc.sample(fc.tuple(tables, policies), { seed, numRuns: 1 });
  const asked = fc.sample(request, { seed, numRuns: HOSTS * REQUESTS_PER_HOST });
  const requests: CapturedRequest[] = asked.map((given, index) => {
    const host = hostOf(index % HOSTS);
    return { ...given, name: `${index} ${given.method} ${host}${given.path}`, host };
  });
  const virtualServices = routes.map((table, index) =>
    resource('networking', 'VirtualService', `t${index}`, { hosts: [hostOf(index)], gateways: ['gw'], http: table }),
  );
  const selector = { matchLabels: { istio: 'ingressgateway' } };
  const authorization = rules.map((rule, index) =>
    resource('security', 'AuthorizationPolicy', `p${index}`, { selector, ...rule }, 'istio-system'),
  );
  const config = documents([...SERVICES, GATEWAY, ...virtualServices, ...authorization]);
  return { file: `random/${seed}.yaml`, area: 'random', config, requests };
}

const hostOf = (index: number): string => `t${index}.example.com`;
const GATEWAY = gateway('gw', [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*.example.com'] }]);
