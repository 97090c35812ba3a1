/** One VirtualService for each destination that the edge may name, and one that refuses all others. */
import { createHash } from 'node:crypto';
import type { EntryPolicy } from '../compile/entry-policy.ts';
import { parseClusterName } from '../compile/names.ts';
import { ENTRY_NAME, type Manifest, meta } from './manifest.ts';

/** Nothing of ours reaches the workload. */
const OWN_HEADERS = [
  'x-bowsprit-destination',
  'x-bowsprit-assertion',
  'x-bowsprit-request-id',
  'x-bowsprit-forwarded-for',
];
/** What the entry would otherwise overwrite with its own. */
const RESTORED = {
  'x-forwarded-for': '%REQ(x-bowsprit-forwarded-for)%',
  'x-request-id': '%REQ(x-bowsprit-request-id)%',
};
/** Tells the edge why the entry, and not the application, answered. */
const HEADERS = {
  request: { remove: OWN_HEADERS },
  response: {
    set: { 'x-bowsprit-entry': '%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%' },
    remove: ['x-envoy-upstream-service-time'],
  },
};
/** Envoy's base interval, which Istio takes unless told otherwise. */
const DEFAULT_BACKOFF_MS = 25;

type HeaderMatch = { exact: string } | { prefix: string };

/**
 * The key is the cluster's name, with `;policy` behind it where the entry retries. Merged VirtualServices are tried oldest first, so
 * that keys of two of them must exclude each other; within this one the order holds, and a policy that the cluster does not
 * know yet is carried out without retries.
 *
 * @param policies sorted by name
 */
export function destination(cluster: string, policies: readonly EntryPolicy[], namespace: string): Manifest[] {
  const parts = parseClusterName(cluster);
  if (!parts) return [];
  const { host, port, subset } = parts;
  const to = { host, port: { number: port }, ...(subset && { subset }) };
  // The second destination takes nothing. With it Envoy sets the destination's headers before it removes the route's.
  const route = [
    { destination: to, weight: 1, headers: { request: { set: RESTORED } } },
    { destination: to, weight: 0 },
  ];
  const routes = [
    ...policies.map((policy) => {
      const key = `${cluster};${policy.name}`;
      return { name: key, match: [byKey({ exact: key })], ...carriedOut(policy), headers: HEADERS, route };
    }),
    {
      name: cluster,
      match: [byKey({ exact: cluster }), byKey({ prefix: `${cluster};` })],
      // Without this block Istio would retry connect failures.
      retries: { attempts: 0 },
      headers: HEADERS,
      route,
    },
  ];
  return [virtualService(namespace, objectName(cluster, host, port, subset), routes)];
}

const byKey = (match: HeaderMatch) => ({ headers: { 'x-bowsprit-destination': match } });

/** The route's own retries and timeout. */
function carriedOut({ retry, timeoutMs }: EntryPolicy): { timeout?: string; retries: Record<string, unknown> } {
  const retryOn = [...retry.retryOn, ...retry.retriableStatusCodes].join(',');
  return {
    ...(timeoutMs > 0 && { timeout: duration(timeoutMs) }),
    retries: {
      attempts: retry.attempts,
      retryOn,
      ...(retry.perTryTimeoutMs && { perTryTimeout: duration(retry.perTryTimeoutMs) }),
      ...(retry.backoffMs !== DEFAULT_BACKOFF_MS && { backoff: duration(retry.backoffMs) }),
      ...(!retry.ignorePreviousHosts && { retryIgnorePreviousHosts: false }),
      ...(retry.retryRemoteLocalities && { retryRemoteLocalities: true }),
    },
  };
}

const duration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

/** A catch-all goes to the end of a merged host, so it only answers what no destination takes. */
export function nobody(namespace: string): Manifest {
  const route = {
    name: 'no-such-destination',
    directResponse: { status: 421 },
    headers: { response: { set: { 'x-bowsprit-entry': 'NR no-such-destination' } } },
  };
  return virtualService(namespace, 'bowsprit-none', [route]);
}

function virtualService(namespace: string, name: string, http: unknown[]): Manifest {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: meta(namespace, name),
    spec: { hosts: ['*'], gateways: [ENTRY_NAME], exportTo: ['.'], http },
  };
}

const KUBERNETES_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** `d-9080-v1.reviews.default.svc.cluster.local`. What Kubernetes would refuse is replaced; then a hash keeps names apart. */
function objectName(cluster: string, host: string, port: number, subset: string): string {
  const name = `d-${port}${subset && `-${subset}`}.${host}`;
  if (KUBERNETES_NAME.test(name) && name.length <= 253) return name;
  const hash = createHash('sha256').update(cluster).digest('hex').slice(0, 8);
  return `${name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, 'x')
    .slice(0, 240)}-${hash}`;
}
