/** The destinations of a forwarding route, each with everything folded that it does to a request. */
import { foldEarly, type Guard } from '../authz/early.ts';
import type { Exchange } from '../exchange.ts';
import { foldLevels, foldLevelsAuthority } from '../route/header-operations.ts';
import { foldPathRewrite } from '../route/rewrite.ts';
import type { Cluster, Destination, ForwardAction, HeaderOperations, Route, Snapshot } from '../snapshot.ts';
import { foldAssertion, type Sign } from './assertion.ts';
import type { Balancer } from './balance/balancer.ts';
import { balancerOf } from './balance/registry.ts';
import { foldMeshHeaders } from './mesh-headers.ts';
import { foldWeights } from './weights.ts';

export interface FoldedDestination {
  name: string;
  /** Absent: the cluster is unknown. */
  balancer: Balancer | undefined;
  /** Header operations, then authority, then path: Envoy's finalizeRequestHeaders. */
  prepare(exchange: Exchange): void;
  /** What the workloads behind would refuse; asked after `prepare`. */
  guard: Guard | undefined;
  /** The edge's signed word, where the mesh entry wants it. */
  sign: Sign | undefined;
  /** The mesh entry carries out the route's retries and timeouts. */
  delegated: boolean;
}

export function foldDestinations(
  snapshot: Snapshot,
  route: Route,
  action: ForwardAction,
): (exchange: Exchange) => FoldedDestination {
  const choose = foldWeights(action.destinations);
  const explains = snapshot.mesh.proxyHeaders?.debugHeaders ?? true;
  const folded = action.destinations.map((destination) => {
    const cluster = snapshot.clusters[destination.cluster];
    return {
      name: destination.cluster,
      balancer: known(cluster),
      prepare: foldPreparation(route, action, destination, cluster, explains),
      guard: foldEarly(cluster),
      sign: foldAssertion(cluster),
      delegated: cluster?.resolution === 'MESH' && action.entryPolicy !== undefined,
    };
  });
  return (exchange) => folded[choose(exchange)]!;
}

const known = (cluster: Cluster | undefined): Balancer | undefined => cluster && balancerOf(cluster);

function foldPreparation(
  route: Route,
  action: ForwardAction,
  destination: Destination,
  cluster: Cluster | undefined,
  explains: boolean,
): (exchange: Exchange) => void {
  const changeHeaders = foldLevels(route, action, destination, 'request');
  const authority = foldLevelsAuthority(route, action, destination);
  const weighted = action.destinations.length > 1;
  const taken = RETRY_HEADERS.filter((name) => isWritten(name, route.headers) || isWritten(name, destination.headers));
  const rewriteAuthority = action.rewrite?.authority ?? (weighted ? undefined : destination.authority);
  const rewritePath = foldPathRewrite(action.rewrite, route.match);
  const tellsHost = action.rewrite?.tellsForwardedHost ?? false;
  const addressToMesh = foldMeshHeaders(cluster, action.entryPolicy);
  return (exchange) => {
    const newAuthority = rewriteAuthority ?? authority?.(exchange);
    changeHeaders?.(exchange.requestHeaders, exchange);
    for (const name of taken) exchange.requestHeaders.remove(name);
    // One of several destinations says nowhere what it replaces; a rewrite then takes that for the original.
    if (weighted && destination.authority) exchange.authority = destination.authority;
    if (newAuthority && tellsHost) tellForwardedHost(exchange);
    if (newAuthority) setAuthority(exchange, newAuthority, explains);
    if (rewritePath !== undefined) setPath(exchange, rewritePath(exchange.path), explains);
    // Last, so that no header operation of a user's can redirect what goes into the mesh.
    addressToMesh?.(exchange);
  };
}

/** The router takes them for its own, wherever they are from. */
const RETRY_HEADERS = [
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-max-retries',
  'x-envoy-retriable-header-names',
  'x-envoy-retriable-status-codes',
  'x-envoy-retry-grpc-on',
  'x-envoy-retry-on',
];

/** Clients' own are gone since the request came in. */
const isWritten = (header: string, { request: { set = [], add = [] } = {} }: HeaderOperations = {}): boolean =>
  [...set, ...add].some(([name]) => name === header);

/** Not twice in a row. Envoy: Http::Utility::updateAuthority. */
function tellForwardedHost({ requestHeaders, authority }: Exchange): void {
  const told = requestHeaders.get('x-forwarded-host');
  if (told?.split(',').at(-1) !== authority)
    requestHeaders.set('x-forwarded-host', told ? `${told},${authority}` : authority);
}

/** @param explains with a header about what it was */
function setAuthority(exchange: Exchange, authority: string, explains: boolean): void {
  if (explains) exchange.requestHeaders.set('x-envoy-original-host', exchange.authority);
  exchange.authority = authority;
}

function setPath(exchange: Exchange, path: string, explains: boolean): void {
  if (explains) exchange.requestHeaders.set('x-envoy-original-path', exchange.path);
  exchange.path = path;
}
