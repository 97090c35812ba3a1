/**
 * Early enforcement: asks here what the sidecars of a cluster would ask, after the route has changed the request and
 * before it is sent. It only refuses; tokens stay on the request, because the sidecar looks at them again.
 */
import { jwtStep } from '../authn/phase.ts';
import type { Exchange, LocalReply } from '../exchange.ts';
import type { Step } from '../phases.ts';
import type { Cluster, HttpFilter } from '../snapshot.ts';
import { rbacStep } from './phase.ts';

/** undefined: pass on. */
export type Guard = (exchange: Exchange) => LocalReply | undefined | Promise<LocalReply | undefined>;

/** undefined when nothing is asked early for this cluster, so that it costs nothing. */
export function foldEarly(cluster: Cluster | undefined): Guard | undefined {
  const steps = (cluster?.early ?? []).flatMap(stepOf);
  return steps.length === 0 ? undefined : (exchange) => askFrom(steps, 0, workloadView(exchange));
}

function stepOf({ config }: HttpFilter): Step[] {
  if (config.kind === 'jwt_authn') return [jwtStep(config, false)];
  return config.kind === 'rbac' ? [rbacStep(config)] : [];
}

function askFrom(steps: readonly Step[], index: number, view: Exchange): ReturnType<Guard> {
  for (let at = index; at < steps.length; at++) {
    const answer = steps[at]!.request!(view);
    if (answer instanceof Promise) {
      return answer.then((verdict) => (isReply(verdict) ? verdict : askFrom(steps, at + 1, view)));
    }
    if (isReply(answer)) return answer;
  }
  return undefined;
}

const isReply = (verdict: LocalReply | 'reroute' | undefined): verdict is LocalReply => typeof verdict === 'object';

/** The request as it is, but with nothing that the gateway's own policies have found out: a sidecar starts afresh. */
function workloadView(exchange: Exchange): Exchange {
  return Object.create(exchange, {
    verified: { value: new Map() },
    metadata: { value: new Map() },
    waitUntil: { value: (promise: Promise<unknown>) => exchange.waitUntil(promise) },
  }) as Exchange;
}
