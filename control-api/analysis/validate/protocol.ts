/** Ports' protocols as Istio reads them, in any case. */
const HTTP = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web']);
const TLS = new Set(['https', 'tls']);
const OTHERS = new Set(['tcp', 'udp', 'mongo', 'redis', 'mysql']);

export const isHttp = (protocol: string): boolean => HTTP.has(protocol.toLowerCase());
export const isTls = (protocol: string): boolean => TLS.has(protocol.toLowerCase());
export const isKnown = (protocol: string): boolean =>
  isHttp(protocol) || isTls(protocol) || OTHERS.has(protocol.toLowerCase());
