/** The same filters for Envoy, as istiod writes them. */
import type { HttpFilter, JwtProvider, RbacPolicy } from '../gateway/snapshot.ts';

export interface EnvoyCase {
  port: number;
  filters: readonly HttpFilter[];
}

const TYPE = 'type.googleapis.com/envoy.extensions.filters';

export function envoyConfiguration(cases: readonly EnvoyCase[]): object {
  return { static_resources: { listeners: cases.map(listener) } };
}

function listener({ port, filters }: EnvoyCase): object {
  const manager = {
    '@type': `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: `p${port}`,
    normalize_path: true,
    http_filters: [
      ...filters.map(httpFilter),
      { name: 'router', typed_config: { '@type': `${TYPE}.http.router.v3.Router` } },
    ],
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
  };
  return {
    name: `p${port}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'hcm', typed_config: manager }] }],
  };
}

const route = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } };

function httpFilter({ config }: HttpFilter): object {
  if (config.kind === 'jwt_authn') return { name: 'jwt', typed_config: jwtAuthn(config.providers[0]!) };
  if (config.kind === 'rbac') return { name: 'rbac', typed_config: rbac(config.policies) };
  throw new Error(`${config.kind} is not measured here`);
}

function jwtAuthn({ issuer, audiences, jwks = '' }: JwtProvider): object {
  const provider = { issuer, audiences, payload_in_metadata: 'payload', local_jwks: { inline_string: jwks } };
  const requirements = [{ provider_name: 'origins-0' }, { allow_missing: {} }];
  return {
    '@type': `${TYPE}.http.jwt_authn.v3.JwtAuthentication`,
    providers: { 'origins-0': provider },
    rules: [{ match: { prefix: '/' }, requires: { requires_any: { requirements } } }],
    bypass_cors_preflight: true,
  };
}

function rbac(policies: readonly RbacPolicy[]): object {
  const entries = policies.map((policy): [string, object] => {
    const [method, path] = policy.permissions[0]!.tests.map(({ values }) => values[0] as { value: string });
    const tests = [
      { header: { name: ':method', string_match: { exact: method!.value } } },
      { url_path: { path: { exact: path!.value } } },
    ].map((rule) => ({ or_rules: { rules: [rule] } }));
    return [
      policy.name,
      { permissions: [{ and_rules: { rules: tests } }], principals: [{ and_ids: { ids: [{ any: true }] } }] },
    ];
  });
  return { '@type': `${TYPE}.http.rbac.v3.RBAC`, rules: { action: 'ALLOW', policies: Object.fromEntries(entries) } };
}
