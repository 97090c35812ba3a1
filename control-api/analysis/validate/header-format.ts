/**
 * Header values of VirtualServices, checked as Istio checks them before Envoy sees them: `%%` is a percent sign, everything
 * else after a `%` must be a complete operator that Envoy knows (Envoy docs: "Custom request/response headers").
 */

/** Operators that take no argument. */
const PLAIN = new Set([
  'DOWNSTREAM_REMOTE_ADDRESS',
  'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
  'DOWNSTREAM_DIRECT_REMOTE_ADDRESS',
  'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT',
  'DOWNSTREAM_LOCAL_ADDRESS',
  'DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT',
  'DOWNSTREAM_LOCAL_PORT',
  'DOWNSTREAM_LOCAL_URI_SAN',
  'DOWNSTREAM_PEER_URI_SAN',
  'DOWNSTREAM_LOCAL_SUBJECT',
  'DOWNSTREAM_PEER_SUBJECT',
  'DOWNSTREAM_PEER_ISSUER',
  'DOWNSTREAM_TLS_SESSION_ID',
  'DOWNSTREAM_TLS_CIPHER',
  'DOWNSTREAM_TLS_VERSION',
  'DOWNSTREAM_PEER_FINGERPRINT_256',
  'DOWNSTREAM_PEER_FINGERPRINT_1',
  'DOWNSTREAM_PEER_SERIAL',
  'DOWNSTREAM_PEER_CERT',
  'DOWNSTREAM_PEER_CERT_V_START',
  'DOWNSTREAM_PEER_CERT_V_END',
  'HOSTNAME',
  'PROTOCOL',
  'UPSTREAM_REMOTE_ADDRESS',
  'START_TIME',
  'RESPONSE_FLAGS',
  'RESPONSE_CODE',
  'RESPONSE_CODE_DETAILS',
  'VIRTUAL_CLUSTER_NAME',
  'ROUTE_NAME',
  'CLUSTER_METADATA',
]);

/** Operators with an argument: `%REQ(x-name)%`. */
const WITH_ARGUMENT = new Set([
  'REQ',
  'UPSTREAM_METADATA',
  'DYNAMIC_METADATA',
  'FILTER_STATE',
  'PER_REQUEST_STATE',
  'START_TIME',
  'ENVIRONMENT',
  'CLUSTER_METADATA',
  'RESP',
  'TRAILER',
]);

const OPERATOR = /^%([A-Z0-9_]+)(\((?:[^()]|\([^()]*\))*\))?/;

/** undefined when the value is fine. */
export function headerValueError(value: string): string | undefined {
  for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at)) {
    if (value[at + 1] === '%') {
      at += 2;
      continue;
    }
    const operator = OPERATOR.exec(value.slice(at));
    if (!operator) return wrong('Un-escaped %');
    const end = at + operator[0].length;
    if (value[end] !== '%') return wrong("Expecting '%' or whitespace after");
    if (!known(operator[1]!, operator[2] !== undefined)) return wrong(`Invalid variable: ${operator[1]}`);
    at = end + 1;
  }
  return undefined;
}

const wrong = (why: string) => `header value configuration: invalid header configuration. ${why}`;
const known = (name: string, hasArgument: boolean) => (hasArgument ? WITH_ARGUMENT : PLAIN).has(name);
