/** The gateway's own answers for upstreams that gave none, in Envoy's words (captured; Envoy docs: response flags). */
import type { LocalReply } from '../exchange.ts';
import type { ResponseFlag } from '../telemetry/flags.ts';
import type { ResetReason } from '../traffic/retry.ts';

/** The cluster does not exist (unknown subset, host or port): 503 with an empty body. */
export const NO_CLUSTER: LocalReply = { status: 503, body: '', flag: 'NC', details: 'cluster_not_found' };

export const NO_HEALTHY_UPSTREAM: LocalReply = {
  status: 503,
  body: 'no healthy upstream',
  flag: 'UH',
  details: 'no_healthy_upstream',
};

/**
 * A rewrite took the leading `/` away. Envoy sends such a request line, and servers answer it so; in a URL the rest would
 * become part of the host, so it never leaves here.
 */
export const NOT_A_PATH: LocalReply = { status: 400, body: '', flag: 'DPE', details: 'path_without_leading_slash' };

interface Reason {
  words: string;
  flag: ResponseFlag;
  /** Between the braces of the details, where it is not the words again. */
  details?: string;
  /** 503 unless said. */
  status?: number;
}

const REFUSED = 'remote_connection_failure|delayed_connect_error:_Connection_refused';
const REASONS: Record<Exclude<ResetReason, 'timeout'>, Reason> = {
  gone: { words: 'connection termination', flag: 'DC', details: 'downstream_remote_disconnect' },
  connect: { words: 'remote connection failure', flag: 'UF', details: REFUSED },
  'connect-timeout': { words: 'connection timeout', flag: 'UF' },
  handshake: { words: 'remote connection failure', flag: 'UF', details: 'remote_connection_failure|TLS_error' },
  reset: { words: 'connection termination', flag: 'UC' },
  protocol: { words: 'protocol error', flag: 'UPE', status: 502 },
  overflow: { words: 'overflow', flag: 'UO' },
};

/**
 * @param attempts how many tries were made: the text tells whether it was retried
 * @param explains with Envoy's headers about it
 */
export function failureReply(reason: ResetReason, attempts: number, explains: boolean): LocalReply {
  if (reason === 'timeout') return timeoutReply('upstream_per_try_timeout');
  const { words, flag, details = words.replaceAll(' ', '_'), status = 503 } = REASONS[reason];
  const how = attempts > 1 ? 'retried and the latest reset reason' : 'reset reason';
  return {
    status,
    body: `upstream connect error or disconnect/reset before headers. ${how}: ${words}`,
    flag,
    details: `upstream_reset_before_response_started{${details}}`,
    ...(reason === 'overflow' && explains && { headers: [['x-envoy-overloaded', 'true']] }),
  };
}

export function timeoutReply(details: 'response_timeout' | 'upstream_per_try_timeout'): LocalReply {
  return { status: 504, body: 'upstream request timeout', flag: 'UT', details };
}
