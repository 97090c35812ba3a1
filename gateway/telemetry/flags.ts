/** Envoy's response flags that this gateway can give (Envoy docs: access log, %RESPONSE_FLAGS%). */
export const RESPONSE_FLAGS = {
  NR: 'no route matched',
  NC: 'upstream cluster not found',
  UH: 'no healthy upstream',
  UF: 'upstream connection failure',
  UC: 'upstream connection termination',
  UO: 'upstream overflow (circuit breaker)',
  UT: 'upstream request timeout',
  UPE: 'upstream protocol error',
  UR: 'upstream reset',
  URX: 'retry limit exceeded',
  DC: 'downstream connection termination',
  DI: 'delayed by fault injection',
  FI: 'aborted by fault injection',
  RL: 'rate limited',
  RLSE: 'rate limit service error',
  UAEX: 'denied by authorisation',
  DPE: 'downstream protocol error',
  SI: 'stream idle timeout',
} as const;

export type ResponseFlag = keyof typeof RESPONSE_FLAGS;
