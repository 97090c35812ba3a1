/**
 * Fault injection (envoy.filters.http.fault as Istio configures it: on the route only, and never by request headers, so
 * x-envoy-fault-* headers of a client are ordinary headers). Delay comes first; abort is drawn on its own.
 */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { Phase, Step } from '../phases.ts';
import type { Fault } from '../snapshot.ts';
import { share } from './percent.ts';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The reply of an abort. A grpcStatus answers a plain client with 200 and the same text (captured). */
function abortReply(abort: NonNullable<Fault['abort']>): LocalReply {
  const reply: LocalReply = {
    status: abort.httpStatus ?? 200,
    body: 'fault filter abort',
    flag: 'FI',
    details: 'fault_filter_abort',
  };
  if (abort.grpcStatus !== undefined) reply.grpcStatus = abort.grpcStatus;
  return reply;
}

/**
 * One step for the route's fault, or none when it can never fire. The delay lies before the router, hence outside the
 * route's timeout. Flags: DI for a delay, FI for an abort.
 */
export function foldFault(fault: Fault | undefined, random: () => number = Math.random): Step[] {
  const delay = fault?.delay?.percentage ? fault.delay : undefined;
  const abort = fault?.abort?.percentage ? fault.abort : undefined;
  if (!delay && !abort) return [];
  const delays = share(delay?.percentage ?? 0, random);
  const aborts = share(abort?.percentage ?? 0, random);
  const abortVerdict = (): Verdict => (abort && aborts() ? abortReply(abort) : undefined);
  return [
    {
      request(exchange: Exchange) {
        if (!delay || !delays()) return abortVerdict();
        exchange.flags.add('DI');
        return wait(delay.fixedDelayMs).then(abortVerdict);
      },
    },
  ];
}

export const faultPhase: Phase = {
  name: 'fault',
  reason: 'After everything that may refuse; an aborted request costs neither CORS nor an upstream.',
  fold: ({ route }) => foldFault(route?.fault),
};
