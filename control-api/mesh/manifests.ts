/**
 * The cluster's half, as standard Istio objects: an entry gateway that only the edge may use, and one VirtualService for
 * each destination the edge may name. The edge chooses, these carry it out; what each field is for was tried against Istio
 * (docs/mesh.md).
 */
import type { Snapshot } from '../../gateway/snapshot.ts';
import { ENTRY_DEFAULTS, parseClusterName, wantedClusters } from '../compile/mesh-entry.ts';
import type { MeshEntrySpec } from '../resources/types.gen.ts';

export type Manifest = { apiVersion: string; kind: string; metadata: Record<string, unknown>; spec?: unknown };

const NAME = 'bowsprit-entry';
/** The entry's container port; AuthorizationPolicies match the listener's port, not the Service's. */
const ENTRY_PORT = 8443;
const OWN_HEADERS = [
  'x-bowsprit-destination',
  'x-bowsprit-assertion',
  'x-bowsprit-request-id',
  'x-bowsprit-forwarded-for',
];

/** Sorted and complete: the same files always give the same objects, so that a diff shows real changes only. */
export function meshManifests(
  snapshot: Pick<Snapshot, 'routeTables' | 'clusters'>,
  entry: Partial<MeshEntrySpec> = {},
): Manifest[] {
  const { namespace, edgePrincipal } = { ...ENTRY_DEFAULTS, ...entry };
  const names = wantedClusters(snapshot).filter((name) => isBehindEntry(snapshot.clusters[name]?.resolution));
  const destinations = names.flatMap((name) => destination(name, namespace));
  return [
    ...workload(namespace),
    gateway(namespace),
    onlyTheEdge(namespace, edgePrincipal),
    ...strict(namespace),
    nobody(namespace),
    ...destinations,
  ];
}

/** Endpoints the edge knows itself are reached directly; everything else goes through the entry. */
const isBehindEntry = (resolution: string | undefined): boolean => resolution === undefined || resolution === 'MESH';

const meta = (namespace: string, name = NAME) => ({ name, namespace });

function workload(namespace: string): Manifest[] {
  const labels = { istio: NAME };
  const topology = { gatewayTopology: { numTrustedProxies: 1, forwardClientCertDetails: 'SANITIZE' } };
  const annotations = { 'inject.istio.io/templates': 'gateway', 'proxy.istio.io/config': JSON.stringify(topology) };
  const container = { name: 'istio-proxy', image: 'auto', ports: [{ containerPort: ENTRY_PORT }] };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta(namespace) },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...meta(namespace), labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'true' }, annotations },
          spec: { serviceAccountName: NAME, containers: [container] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta(namespace),
      spec: {
        type: 'LoadBalancer',
        selector: labels,
        ports: [{ name: 'https-edge', port: 443, targetPort: ENTRY_PORT }],
      },
    },
  ];
}

function gateway(namespace: string): Manifest {
  const port = { number: ENTRY_PORT, name: 'https-edge', protocol: 'HTTPS' };
  const tls = { mode: 'MUTUAL', credentialName: 'bowsprit-entry-tls', minProtocolVersion: 'TLSV1_2' };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: meta(namespace),
    spec: { selector: { istio: NAME }, servers: [{ port, hosts: [`${namespace}/*`], tls }] },
  };
}

/** 403 without the edge's certificate, and 403 without a destination. */
function onlyTheEdge(namespace: string, principal: string): Manifest {
  const rule = {
    from: [{ source: { principals: [principal] } }],
    to: [{ operation: { ports: [String(ENTRY_PORT)] } }],
    when: [{ key: 'request.headers[x-bowsprit-destination]', values: ['*'] }],
  };
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: meta(namespace),
    spec: { selector: { matchLabels: { istio: NAME } }, action: 'ALLOW', rules: [rule] },
  };
}

/** The entry speaks to workloads as itself; nothing in its namespace takes plain text. */
function strict(namespace: string): Manifest[] {
  return [
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: meta(namespace),
      spec: { mtls: { mode: 'STRICT' } },
    },
  ];
}

/** A catch-all goes to the end of a merged host, so it only answers what no destination takes. */
function nobody(namespace: string): Manifest {
  const route = {
    name: 'no-such-destination',
    directResponse: { status: 421 },
    headers: { response: { set: { 'x-bowsprit-entry': 'NR no-such-destination' } } },
  };
  return virtualService(namespace, 'bowsprit-none', route);
}

function virtualService(namespace: string, name: string, route: unknown): Manifest {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: meta(namespace, name),
    spec: { hosts: ['*'], gateways: [NAME], exportTo: ['.'], http: [route] },
  };
}

function destination(cluster: string, namespace: string): Manifest[] {
  const parts = parseClusterName(cluster);
  if (!parts) return [];
  const { host, port, subset } = parts;
  const to = { host, port: { number: port }, ...(subset && { subset }) };
  const restore = {
    'x-forwarded-for': '%REQ(x-bowsprit-forwarded-for)%',
    'x-request-id': '%REQ(x-bowsprit-request-id)%',
  };
  const route = {
    name: cluster,
    match: [{ headers: { 'x-bowsprit-destination': { exact: cluster } } }],
    // The edge retries; without this block Istio would retry connect failures a second time.
    retries: { attempts: 0 },
    headers: {
      request: { remove: OWN_HEADERS },
      response: {
        set: { 'x-bowsprit-entry': '%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%' },
        remove: ['x-envoy-upstream-service-time'],
      },
    },
    // The second destination takes nothing. With it Envoy sets the destination's headers before it removes the route's.
    route: [
      { destination: to, weight: 1, headers: { request: { set: restore } } },
      { destination: to, weight: 0 },
    ],
  };
  return [virtualService(namespace, objectName(host, port, subset), route)];
}

/** A name Kubernetes takes, and that no two destinations share. */
function objectName(host: string, port: number, subset: string): string {
  const dashed = [subset, port, host]
    .filter(Boolean)
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-');
  return `d-${dashed}`.slice(0, 253).replace(/-+$/, '');
}
