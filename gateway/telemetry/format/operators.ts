/**
 * Every command operator an edge can answer, by name (Envoy docs, "Command operators"). What belongs to a transport that
 * Workers hide (TLS details, connection numbers) is not among them and has no value.
 */

import type { Operators } from './operator.ts';
import { ADDRESS_OPERATORS } from './operators-address.ts';
import { DATA_OPERATORS } from './operators-data.ts';
import { GRPC_OPERATORS } from './operators-grpc.ts';
import { HEADER_OPERATORS } from './operators-header.ts';
import { RESPONSE_OPERATORS } from './operators-response.ts';

export const OPERATORS: Operators = {
  ...HEADER_OPERATORS,
  ...RESPONSE_OPERATORS,
  ...ADDRESS_OPERATORS,
  ...DATA_OPERATORS,
  ...GRPC_OPERATORS,
};
