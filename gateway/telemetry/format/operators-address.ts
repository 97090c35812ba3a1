/** Who talked to whom: the client, this gateway, the endpoint. */
import type { Exchange } from '../../exchange.ts';
import { foldWeights } from '../../upstream/weights.ts';
import type { Operator, Operators } from './operator.ts';

/** `[::1]:80`, `127.0.0.1:80` */
export function joinAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A forwarded client address has port 0, as in Envoy. */
const clientPort = (x: Exchange) => (x.clientAddress === x.peer.address ? x.peer.port : 0);
/** Workers do not see the local address: the wildcard the listener is named after stands in. */
const local = (x: Exchange) => `0.0.0.0:${x.listener.port}`;
const upstream = (x: Exchange) =>
  x.upstream.endpoint && joinAddress(x.upstream.endpoint.address, x.upstream.endpoint.port);
/** Nobody was reached where the connection failed. */
const reached = (x: Exchange) => (x.upstream.failure === 'connect' ? undefined : x.upstream.endpoint);

/** The one that the route chose, whether or not a filter let the request get there; none where it does not exist (a real Envoy's). */
function clusterOf(x: Exchange): string | undefined {
  if (x.flags.has('NC')) return undefined;
  if (x.upstream.cluster !== undefined || x.route?.action.kind !== 'forward') return x.upstream.cluster;
  const { destinations } = x.route.action;
  return destinations[foldWeights(destinations)(x)]?.cluster;
}

const constant = (value: string | undefined) => () => value;
const always = (operator: Operator) => () => operator;
/** What Envoy says of a connection that nobody takes; the edge is told no more than that there is none. */
const REFUSED = 'delayed_connect_error:_Connection_refused';

export const ADDRESS_OPERATORS: Operators = {
  DOWNSTREAM_REMOTE_ADDRESS: always((x) => joinAddress(x.clientAddress, clientPort(x))),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: always((x) => x.clientAddress),
  DOWNSTREAM_REMOTE_PORT: always(clientPort),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: always((x) => joinAddress(x.peer.address, x.peer.port)),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: always((x) => x.peer.address),
  DOWNSTREAM_DIRECT_REMOTE_PORT: always((x) => x.peer.port),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS: always(local),
  DOWNSTREAM_LOCAL_ADDRESS: always(local),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: always(constant('0.0.0.0')),
  DOWNSTREAM_LOCAL_PORT: always((x) => x.listener.port),
  UPSTREAM_HOST: always(upstream),
  UPSTREAM_HOST_NAME: always(upstream),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: always((x) => x.upstream.endpoint?.address),
  UPSTREAM_REMOTE_ADDRESS: always((x) => reached(x) && upstream(x)),
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: always((x) => reached(x)?.address),
  UPSTREAM_REMOTE_PORT: always((x) => reached(x)?.port),
  // Istio's name for statistics, which is what Envoy gives here.
  UPSTREAM_CLUSTER: always((x) => clusterOf(x)?.concat(';')),
  UPSTREAM_CLUSTER_RAW: always(clusterOf),
  UPSTREAM_PROTOCOL: always((x) => (x.upstream.attempts > 0 && reached(x) ? 'HTTP/1.1' : undefined)),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: always((x) => x.upstream.attempts),
  UPSTREAM_TRANSPORT_FAILURE_REASON: always((x) => (x.upstream.failure === 'connect' ? REFUSED : undefined)),
  PROTOCOL: always(constant('HTTP/1.1')),
  REQUESTED_SERVER_NAME: always((x) => (x.scheme === 'https' ? x.authority.replace(/:\d+$/, '') : undefined)),
};
