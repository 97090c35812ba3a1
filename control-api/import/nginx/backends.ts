/** How the backends of an Ingress are talked to: TLS, sticky sessions, hashing. One DestinationRule a Service. */
import type { ConsistentHashSpec } from '../../compile/spec.ts';
import type { Draft } from '../draft.ts';
import { annotation, type Ingress } from './annotations.ts';

export function addDestinationRule(draft: Draft, ingress: Ingress, host: string): void {
  const tls = ['HTTPS', 'GRPCS'].includes(annotation(ingress, 'backend-protocol') ?? '');
  const consistentHash = cookieHash(ingress) ?? requestHash(draft, ingress);
  if (!tls && !consistentHash) return;
  // ingress-nginx does not verify its backends' certificates.
  const trafficPolicy = {
    ...(tls && { tls: { mode: 'SIMPLE', insecureSkipVerify: true } }),
    ...(consistentHash && { loadBalancer: { consistentHash } }),
  };
  const metadata = { name: host.split('.')[0]!, namespace: ingress.namespace };
  draft.add({ apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata, spec: { host, trafficPolicy } });
}

function cookieHash(ingress: Ingress): ConsistentHashSpec | undefined {
  if (annotation(ingress, 'affinity') !== 'cookie') return undefined;
  const name = annotation(ingress, 'session-cookie-name') ?? 'INGRESSCOOKIE';
  const ttl = `${annotation(ingress, 'session-cookie-max-age') ?? 0}s`;
  return { httpCookie: { name, path: annotation(ingress, 'session-cookie-path') ?? '/', ttl } };
}

function requestHash(draft: Draft, ingress: Ingress): ConsistentHashSpec | undefined {
  const by = annotation(ingress, 'upstream-hash-by');
  if (by === undefined) return undefined;
  if (/^\$(binary_)?remote_addr$/.test(by)) return { useSourceIp: true };
  const [, kind, name] = /^\$(http|arg)_(\w+)$/.exec(by) ?? [];
  if (kind === 'http') return { httpHeaderName: name!.replaceAll('_', '-') };
  if (kind === 'arg') return { httpQueryParameterName: name! };
  draft.leave(
    ingress,
    ['metadata', 'annotations'],
    `upstream-hash-by ${by}: Istio hashes a header, a query parameter, a cookie or the client's address`,
  );
  return undefined;
}
