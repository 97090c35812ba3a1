/** What both importers make beside routes: limits by client address, allowed and refused addresses. */
import type { Manifest } from '../mesh/manifest.ts';
import { virtualServiceName } from './manifests.ts';

const SELECTOR = { matchLabels: { istio: 'ingressgateway' } };
/** A policy for the gateway stands where the gateway runs. */
const GATEWAY_NAMESPACE = 'istio-system';

export interface AddressRule {
  name: string;
  hosts: readonly string[];
  /** Only requests below these are looked at; none: all. */
  prefixes: readonly string[];
  blocks: readonly string[];
  /** `only`: nobody else passes; `refuse`: these do not pass. */
  kind: 'only' | 'refuse';
}

export function addressPolicy({ name, hosts, prefixes, blocks, kind }: AddressRule): Manifest {
  const source = kind === 'only' ? { notRemoteIpBlocks: blocks } : { remoteIpBlocks: blocks };
  const operation = {
    ...(!hosts.includes('*') && { hosts: hosts.flatMap((host) => [host, `${host}:*`]) }),
    ...(prefixes.length > 0 && { paths: prefixes.map((prefix) => `${prefix}*`) }),
  };
  const to = Object.keys(operation).length > 0 && { to: [{ operation }] };
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace: GATEWAY_NAMESPACE },
    spec: { selector: SELECTOR, action: 'DENY', rules: [{ from: [{ source }], ...to }] },
  };
}

export interface AddressLimit {
  name: string;
  namespace: string;
  hosts: readonly string[];
  /** Only requests below these are counted; none: all. */
  prefixes: readonly string[];
  requests: number;
  unit: 'second' | 'minute' | 'hour';
}

export function addressLimit({ name, namespace, hosts, prefixes, requests, unit }: AddressLimit): Manifest {
  const keys =
    prefixes.length === 0
      ? [[{ clientAddress: {} }]]
      : prefixes.map((prefix) => [{ clientAddress: {} }, { path: { prefix } }]);
  const targetRefs = hosts.map((host) => ({ kind: 'VirtualService', name: virtualServiceName(host) }));
  return {
    apiVersion: 'bowsprit.dev/v1alpha1',
    kind: 'RateLimit',
    metadata: { name, namespace },
    spec: { targetRefs, limits: keys.map((by) => ({ requests, unit, by })) },
  };
}
