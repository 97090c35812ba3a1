/**
 * Every command operator an edge can answer, by name (Envoy docs, "Command operators"). What belongs to a transport that
 * Workers hide (TLS details, connection numbers) is known, so that a format using it is valid, but has no value.
 */

import type { Operators } from './operator.ts';
import { ADDRESS_OPERATORS } from './operators-address.ts';
import { DATA_OPERATORS } from './operators-data.ts';
import { HEADER_OPERATORS } from './operators-header.ts';
import { RESPONSE_OPERATORS } from './operators-response.ts';

const HIDDEN = [
  'CONNECTION_ID',
  'CONNECTION_TERMINATION_DETAILS',
  'DOWNSTREAM_HANDSHAKE_DURATION',
  'DOWNSTREAM_LOCAL_SUBJECT',
  'DOWNSTREAM_LOCAL_URI_SAN',
  'DOWNSTREAM_PEER_CERT',
  'DOWNSTREAM_PEER_CERT_V_END',
  'DOWNSTREAM_PEER_CERT_V_START',
  'DOWNSTREAM_PEER_FINGERPRINT_1',
  'DOWNSTREAM_PEER_FINGERPRINT_256',
  'DOWNSTREAM_PEER_ISSUER',
  'DOWNSTREAM_PEER_SERIAL',
  'DOWNSTREAM_PEER_SUBJECT',
  'DOWNSTREAM_PEER_URI_SAN',
  'DOWNSTREAM_TLS_CIPHER',
  'DOWNSTREAM_TLS_SESSION_ID',
  'DOWNSTREAM_TLS_VERSION',
  'DOWNSTREAM_TRANSPORT_FAILURE_REASON',
  'FILTER_STATE',
  'TRAILER',
  'GRPC_STATUS_NUMBER',
  'UPSTREAM_CONNECTION_ID',
  'UPSTREAM_FILTER_STATE',
  'UPSTREAM_LOCAL_ADDRESS',
  'UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT',
  'UPSTREAM_LOCAL_PORT',
  'UPSTREAM_PEER_CERT',
  'UPSTREAM_PEER_ISSUER',
  'UPSTREAM_PEER_SUBJECT',
  'UPSTREAM_PEER_URI_SAN',
  'UPSTREAM_TLS_CIPHER',
  'UPSTREAM_TLS_SESSION_ID',
  'UPSTREAM_TLS_VERSION',
  'VIRTUAL_CLUSTER_NAME',
];

export const OPERATORS: Operators = {
  ...Object.fromEntries(HIDDEN.map((name) => [name, () => () => undefined])),
  ...HEADER_OPERATORS,
  ...RESPONSE_OPERATORS,
  ...ADDRESS_OPERATORS,
  ...DATA_OPERATORS,
};
