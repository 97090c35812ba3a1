/** Envoy's attributes (docs: attributes) for CEL expressions, as far as an edge has them; each is made when it is read. */
import type { Exchange } from '../exchange.ts';

/** What is known of a request before it is answered. */
export function requestAttributes(exchange: Exchange): Record<string, unknown> {
  const { path, method, scheme, authority, requestHeaders } = exchange;
  const query = path.indexOf('?');
  return {
    path,
    url_path: query < 0 ? path : path.slice(0, query),
    query: query < 0 ? '' : path.slice(query + 1),
    host: authority,
    method,
    scheme,
    get id() {
      return requestHeaders.get('x-request-id') ?? '';
    },
    get useragent() {
      return requestHeaders.get('user-agent') ?? '';
    },
    get referer() {
      return requestHeaders.get('referer') ?? '';
    },
    get time() {
      return new Date(exchange.startTime);
    },
    get headers() {
      const pseudo = { ':path': path, ':method': method, ':scheme': scheme, ':authority': authority };
      return { ...Object.fromEntries(requestHeaders.entries()), ...pseudo };
    },
  };
}

/** Everything, once the request is answered. Whole numbers are BigInt, which is CEL's int. */
export function logAttributes(exchange: Exchange): Record<string, unknown> {
  return {
    get request() {
      return {
        ...requestAttributes(exchange),
        size: lengthOf(exchange.requestHeaders.get('content-length')),
        duration: BigInt(Date.now() - exchange.startTime),
      };
    },
    get response() {
      return {
        code: BigInt(exchange.status),
        code_details: exchange.details,
        size: lengthOf(exchange.responseHeaders.get('content-length')),
        headers: Object.fromEntries(exchange.responseHeaders.entries()),
      };
    },
    source: { address: exchange.clientAddress, port: BigInt(exchange.peer.port) },
    destination: { port: BigInt(exchange.listener.port) },
    connection: { mtls: false, requested_server_name: exchange.scheme === 'https' ? exchange.authority : '' },
    metadata: { filter_metadata: Object.fromEntries(exchange.metadata) },
    xds: { route_name: exchange.route?.name ?? '', virtual_host_name: exchange.virtualHost?.name ?? '' },
  };
}

const lengthOf = (value: string | null): bigint => (value !== null && /^\d+$/.test(value) ? BigInt(value) : 0n);
