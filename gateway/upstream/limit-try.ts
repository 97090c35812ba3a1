/** What ends one try early: its time, or an endpoint that does not let anybody connect. */
import type { Endpoint } from '../snapshot.ts';
import { lookAt } from './probe.ts';

export type LimitReason = 'timeout' | 'connect-timeout';

export interface TryLimit {
  /** Its reason is a LimitReason. */
  signal: AbortSignal | undefined;
  cancel(): void;
}

const UNLIMITED: TryLimit = { signal: undefined, cancel: () => {} };

/**
 * The runtime does not tell connecting from waiting. When no headers have come after `connectMs`, a look at the port does:
 * only one that is silent ends the try, so that a slow answer is left alone.
 *
 * @param tryMs until the headers; Infinity: no limit
 * @param connectMs Infinity where the endpoint answered lately, so that no timer is needed
 */
export function limitTry(tryMs: number, connectMs: number, endpoint: Endpoint): TryLimit {
  const connecting = connectMs < tryMs;
  if (tryMs === Number.POSITIVE_INFINITY && !connecting) return UNLIMITED;
  const controller = new AbortController();
  const abort = (reason: LimitReason) => controller.abort(reason);
  const tryTimer = tryMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(abort, tryMs, 'timeout');
  const look = async () => {
    if ((await lookAt(endpoint)) === 'silent') abort('connect-timeout');
  };
  const connectTimer = connecting ? setTimeout(look, connectMs) : undefined;
  const cancel = () => {
    clearTimeout(tryTimer);
    clearTimeout(connectTimer);
  };
  return { signal: controller.signal, cancel };
}
