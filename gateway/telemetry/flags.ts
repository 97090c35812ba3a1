/** Envoy's response flags that this gateway can give, with their long names (Envoy docs: access log, %RESPONSE_FLAGS_LONG%). */
export const RESPONSE_FLAGS = {
  NR: 'NoRouteFound',
  NC: 'NoClusterFound',
  UH: 'NoHealthyUpstream',
  UF: 'UpstreamConnectionFailure',
  UC: 'UpstreamConnectionTermination',
  UO: 'UpstreamOverflow',
  UT: 'UpstreamRequestTimeout',
  UPE: 'UpstreamProtocolError',
  UR: 'UpstreamRemoteReset',
  URX: 'UpstreamRetryLimitExceeded',
  DC: 'DownstreamConnectionTermination',
  DI: 'DelayInjected',
  FI: 'FaultInjected',
  RL: 'RateLimited',
  RLSE: 'RateLimitServiceError',
  UAEX: 'UnauthorizedExternalService',
  DPE: 'DownstreamProtocolError',
  SI: 'StreamIdleTimeout',
} as const;

export type ResponseFlag = keyof typeof RESPONSE_FLAGS;
