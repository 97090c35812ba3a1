/** Who may come in: the edge by its certificate, or the tunnel's workload with the edge's signed word; nobody else. */
import type { EntrySettings } from '../compile/mesh-entry.ts';
import { CONTAINER_PORTS, ENTRY_NAME, type Manifest, meta, selector } from './manifest.ts';

/** Issuer and subject of the assertion; gateway/upstream/assertion.ts signs it. */
const ISSUER = 'bowsprit-edge';
const SUBJECT = 'edge';

export function access(settings: EntrySettings): Manifest[] {
  return [
    gateway(settings),
    ...authority(settings),
    ...assertion(settings),
    onlyTheEdge(settings),
    strict(settings.namespace),
  ];
}

function gateway({ namespace, transport }: EntrySettings): Manifest {
  const number = CONTAINER_PORTS[transport];
  const server =
    transport === 'TUNNEL'
      ? { port: { number, name: 'https-tunnel', protocol: 'HTTPS' }, tls: { mode: 'ISTIO_MUTUAL' } }
      : {
          port: { number, name: 'https-edge', protocol: 'HTTPS' },
          tls: { mode: 'MUTUAL', credentialName: 'bowsprit-entry-tls', minProtocolVersion: 'TLSV1_2' },
        };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: meta(namespace),
    spec: { selector: { istio: ENTRY_NAME }, servers: [{ ...server, hosts: [`${namespace}/*`] }] },
  };
}

/** Over the internet Host is the entry's own name; the edge writes the original beside it. No other Istio object takes it from there. Envoy reads it after the route’s removals, so it stays. */
function authority({ namespace, transport, mtlsCertificateId }: EntrySettings): Manifest[] {
  if (transport !== 'MUTUAL_TLS' || mtlsCertificateId === undefined) return [];
  const match = { context: 'GATEWAY', routeConfiguration: { vhost: { route: { action: 'ROUTE' } } } };
  const value = { route: { host_rewrite_header: 'x-bowsprit-authority' } };
  return [
    {
      apiVersion: 'networking.istio.io/v1alpha3',
      kind: 'EnvoyFilter',
      metadata: meta(namespace, 'bowsprit-authority'),
      spec: {
        workloadSelector: { labels: { istio: ENTRY_NAME } },
        configPatches: [{ applyTo: 'HTTP_ROUTE', match, patch: { operation: 'MERGE', value } }],
      },
    },
  ];
}

/** A forged, expired or foreign assertion gets 401, whoever shows it. */
function assertion({ namespace, assertion }: EntrySettings): Manifest[] {
  if (!assertion) return [];
  const { jwks, audience } = assertion;
  const rule = { issuer: ISSUER, audiences: [audience], jwks, fromHeaders: [{ name: 'x-bowsprit-assertion' }] };
  return [
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'RequestAuthentication',
      metadata: meta(namespace, 'bowsprit-assertion'),
      spec: { selector, jwtRules: [rule] },
    },
  ];
}

/** 403 without the peer's certificate, without the assertion where one is wanted, and without a destination. */
function onlyTheEdge({ namespace, transport, edgePrincipal, tunnelPrincipal, assertion }: EntrySettings): Manifest {
  const source = {
    principals: [transport === 'TUNNEL' ? tunnelPrincipal : edgePrincipal],
    ...(assertion && { requestPrincipals: [`${ISSUER}/${SUBJECT}`] }),
  };
  const rule = {
    from: [{ source }],
    to: [{ operation: { ports: [String(CONTAINER_PORTS[transport])] } }],
    when: [{ key: 'request.headers[x-bowsprit-destination]', values: ['*'] }],
  };
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: meta(namespace),
    spec: { selector, action: 'ALLOW', rules: [rule] },
  };
}

/** The entry speaks to workloads as itself; nothing in its namespace takes plain text. */
function strict(namespace: string): Manifest {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: meta(namespace),
    spec: { mtls: { mode: 'STRICT' } },
  };
}
