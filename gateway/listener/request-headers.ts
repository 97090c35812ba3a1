/**
 * What Envoy's connection manager does to the headers of a request from outside before any filter sees them
 * (use_remote_address, Istio's gateway settings): nothing a client claims about itself survives.
 */
import type { ConnectionManager } from './connection-manager.ts';
import { isReferer } from './referer.ts';
import type { RequestHeaderView } from './request-header-view.ts';

/** Control headers that only a trusted hop may send, hop-by-hop headers, and the certificate a client claims to have. */
export const REMOVED: ReadonlySet<string> = new Set([
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-internal',
  'x-envoy-ip-tags',
  'x-envoy-max-retries',
  'x-envoy-original-host',
  'x-envoy-original-path',
  'x-envoy-original-url',
  'x-envoy-retriable-header-names',
  'x-envoy-retriable-status-codes',
  'x-envoy-retry-grpc-on',
  'x-envoy-retry-on',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-stream-duration-ms',
  'x-forwarded-client-cert',
  'keep-alive',
  'proxy-connection',
]);

/** Their first letters. To look a name up, V8 interns it, for it is a new string with each request: most are spared that. */
const INITIALS: ReadonlySet<number> = new Set(Array.from(REMOVED, (name) => name.charCodeAt(0)));

/** Cleans the request's headers and adds what Istio's gateway adds. */
export function sanitiseRequestHeaders(
  headers: RequestHeaderView,
  peerAddress: string,
  clientAddress: string,
  forwardedProto: string,
  { removed, makesRequestId }: Pick<ConnectionManager, 'removed' | 'makesRequestId'>,
): void {
  const connection = headers.get('connection');
  if (headers.has('upgrade')) ignoreUpgrade(headers, connection ?? '');
  if (connection !== null) removeNominated(headers, connection);
  for (const name of headers.names) if (INITIALS.has(name.charCodeAt(0)) && removed.has(name)) headers.remove(name);
  const referer = headers.get('referer');
  if (referer !== null && !isReferer(referer)) headers.remove('referer');
  const forwardedFor = headers.get('x-forwarded-for');
  headers.set('x-forwarded-for', forwardedFor ? `${forwardedFor},${peerAddress}` : peerAddress);
  headers.set('x-forwarded-proto', forwardedProto);
  headers.set('x-envoy-external-address', clientAddress);
  if (makesRequestId) headers.set('x-request-id', crypto.randomUUID());
}

/** Without its word in Connection it is none; and Envoy goes on in HTTP/1.1 with a client that offers HTTP/2 in the clear. */
function ignoreUpgrade(headers: RequestHeaderView, connection: string): void {
  const isH2c = headers.get('upgrade')?.toLowerCase() === 'h2c';
  if (/(^|,)\s*upgrade\s*(,|$)/i.test(connection) && !isH2c) return;
  headers.remove('upgrade');
  if (isH2c) headers.remove('http2-settings');
}

/** RFC 9110 7.6.1: the headers that Connection names end at this hop. An upgrade keeps its own two. */
function removeNominated(headers: RequestHeaderView, connection: string): void {
  for (const part of connection.split(',')) {
    const name = part.trim().toLowerCase();
    if (name !== '' && name !== 'close' && name !== 'upgrade' && name !== 'te' && name !== 'host') headers.remove(name);
  }
  if (!headers.has('upgrade')) headers.remove('connection');
}
