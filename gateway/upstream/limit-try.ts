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

/** How long before `connectMs` the look begins, so that it ends in time; for short times half of them. */
const LOOK_MS = 1000;

/**
 * The runtime does not tell connecting from waiting. When no headers have come shortly before `connectMs`, a look at the
 * port does: only one that stays silent ends the try, so that a slow answer is left alone.
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
  const lookMs = Math.min(LOOK_MS, connectMs / 2);
  const look = async () => {
    if ((await lookAt(endpoint, lookMs)) === 'silent') abort('connect-timeout');
  };
  const connectTimer = connecting ? setTimeout(look, connectMs - lookMs) : undefined;
  const cancel = () => {
    clearTimeout(tryTimer);
    clearTimeout(connectTimer);
  };
  return { signal: controller.signal, cancel };
}
