/** Slow start (trafficPolicy.loadBalancer.warmup): a young host gets a part of its weight that grows over the window. */
import type { LoadBalancer } from '../../snapshot.ts';
import type { Host } from './host.ts';

/** Factor on a host's weight, 0 < f ≤ 1. */
export type SlowStart = (host: Host) => number;

/** Envoy: max(min_weight_percent, (time / window) ^ (1 / aggression)); a host is young from when this isolate saw it. */
export function foldSlowStart(warmup: LoadBalancer['warmup'], now: () => number): SlowStart | undefined {
  if (!warmup || warmup.durationMs <= 0) return undefined;
  const least = warmup.minimumPercent / 100;
  const exponent = 1 / (warmup.aggression || 1);
  return ({ since }) => {
    const age = (now() - since) / warmup.durationMs;
    return age >= 1 ? 1 : Math.max(least, Math.max(age, 0.001) ** exponent);
  };
}
