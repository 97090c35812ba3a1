/** route:, with everything that only a forwarded request has: rewrite, mirrors, timeout, retries, hashes. */
import type {
  Destination,
  ForwardAction,
  HeaderOperation,
  HeaderOperations,
  Mirror,
  Rewrite,
} from '../../gateway/snapshot.ts';
import type { WrittenRoute } from './delegates.ts';
import { wholeMs } from './duration.ts';
import { consistentHashes, hashPolicy as translateHash } from './hash-policy.ts';
import { headerOperations, type TranslatedHeaders } from './headers.ts';
import { clusterName, resolveHost } from './names.ts';
import { tellsForwardedHost } from './proxy-headers.ts';
import { translateRetry } from './retry.ts';
import type { Bound } from './routes.ts';
import type { DestinationSpec, HttpRouteSpec, PercentSpec, RetrySpec, RouteDestinationSpec } from './spec.ts';

/**
 * With one destination Envoy has a single list: everything is removed before anything is set, so what the destination
 * removes must not take away what the route sets (captured). Several destinations keep their operations to themselves.
 */
export function routeHeaders(spec: HttpRouteSpec): TranslatedHeaders | undefined {
  const own = headerOperations(spec.headers);
  const [only] = spec.route ?? [];
  if (spec.route?.length !== 1 || spec.redirect || spec.directResponse) return own;
  const below = headerOperations(only?.headers)?.operations;
  if (!below?.request?.remove && !below?.response?.remove) return own;
  const request = withRemoved(own?.operations?.request, below.request?.remove);
  const response = withRemoved(own?.operations?.response, below.response?.remove);
  return { ...own, operations: { ...(request && { request }), ...(response && { response }) } };
}

const withRemoved = (operation: HeaderOperation | undefined, remove: string[] = []): HeaderOperation | undefined =>
  remove.length > 0 ? { ...operation, remove: [...(operation?.remove ?? []), ...remove] } : operation;

/** What is left for the destination once the route has taken over its removals. */
function withoutRemoved(operations: HeaderOperations | undefined): HeaderOperations | undefined {
  const kept = Object.entries(operations ?? {}).flatMap(([side, { remove: _, ...rest }]: [string, HeaderOperation]) =>
    Object.keys(rest).length > 0 ? [[side, rest] as const] : [],
  );
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** @param authority what the route's own headers set it to; rewrite.authority goes before it. */
export function forward(written: WrittenRoute, authority: string | undefined, bound: Bound): ForwardAction {
  const { spec, from } = written;
  const route = spec.route ?? [];
  const { namespace } = from.metadata;
  const destinations = route.map((one) => destination(one, route.length === 1, namespace, bound));
  const rewrite = translateRewrite(spec, authority ?? onlyAuthority(route), bound);
  const hashes = consistentHashes(route, namespace, bound);
  const hashPolicy = hashes.flatMap((hash) => translateHash(hash) ?? []);
  const mirrors = translateMirrors(spec, namespace, bound);
  const mesh = bound.input.mesh.defaultHttpRetryPolicy as RetrySpec | undefined;
  const retry = translateRetry(spec.retries ?? mesh, route.length === 1 && hashes.length > 0);
  return {
    kind: 'forward',
    destinations,
    ...(rewrite && { rewrite }),
    ...(mirrors.length > 0 && { mirrors }),
    timeoutMs: wholeMs(spec.timeout) ?? 0,
    ...(retry && { retry }),
    ...(hashPolicy.length > 0 && { hashPolicy }),
  };
}

/**
 * The cluster of a destination, there or not. Without a port: the service's only one, else the port of the Gateway's
 * server, which a service with several ports rarely has (captured: 503).
 */
export function destinationCluster({ host, subset, port }: DestinationSpec, namespace: string, bound: Bound): string {
  const name = resolveHost(host, namespace, bound.input.identity.clusterDomain);
  const service = bound.lookups.service(name);
  const only = service?.ports.length === 1 ? service.ports[0]?.number : undefined;
  return clusterName(service?.alias ?? name, port?.number || only || bound.port, subset);
}

function destination(spec: RouteDestinationSpec, only: boolean, namespace: string, bound: Bound): Destination {
  const headers = headerOperations(spec.headers);
  const operations = only ? withoutRemoved(headers?.operations) : headers?.operations;
  return {
    cluster: spec.destination ? destinationCluster(spec.destination, namespace, bound) : 'UnknownService',
    weight: spec.weight ?? 0,
    ...(operations && { headers: operations }),
    ...(!only && headers?.authority && { authority: headers.authority }),
  };
}

/** With one destination its headers count as the route's. */
const onlyAuthority = (route: RouteDestinationSpec[]): string | undefined =>
  route.length === 1 ? headerOperations(route[0]?.headers)?.authority : undefined;

function translateRewrite(
  { rewrite }: HttpRouteSpec,
  setAuthority: string | undefined,
  { input }: Bound,
): Rewrite | undefined {
  const authority = rewrite?.authority || setAuthority;
  const regex = rewrite?.uriRegexRewrite;
  if (!authority && !regex && !rewrite?.uri) return undefined;
  return {
    ...(regex
      ? { regex: { pattern: regex.match ?? '', substitution: regex.rewrite ?? '' } }
      : rewrite?.uri && { prefix: rewrite.uri }),
    ...(authority && { authority }),
    ...(authority && rewrite && tellsForwardedHost(input.mesh) && { tellsForwardedHost: true }),
  };
}

/** Nothing said is every request; an explicit 0 is no mirror at all. */
function translateMirrors(spec: HttpRouteSpec, namespace: string, bound: Bound): Mirror[] {
  const old = spec.mirrorPercent === undefined ? undefined : { value: spec.mirrorPercent };
  const wanted = [
    ...(spec.mirror ? [{ destination: spec.mirror, percentage: spec.mirrorPercentage ?? old }] : []),
    ...(spec.mirrors ?? []),
  ];
  return wanted.flatMap(({ destination, percentage }): Mirror[] => {
    const share = shareOf(percentage);
    if (!destination || share <= 0) return [];
    const cluster = destinationCluster(destination, namespace, bound);
    return [{ cluster, percentage: share, ...(shadowSuffix(bound) && { shadowSuffix: true }) }];
  });
}

const shareOf = (percentage: PercentSpec | undefined): number => (percentage ? (percentage.value ?? 0) : 100);

/** Off by default in Istio (captured); users turn it on where they used to rely on it. */
function shadowSuffix({ input }: Bound): boolean {
  const { proxyMetadata } = (input.mesh.defaultConfig ?? {}) as { proxyMetadata?: Record<string, string> };
  return proxyMetadata?.DISABLE_SHADOW_HOST_SUFFIX === 'false';
}
