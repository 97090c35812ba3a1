/** How much of the traffic each priority gets, and which priorities panic (Envoy docs: priority levels, panic threshold). */

export interface LevelHealth {
  total: number;
  healthy: number;
}
export interface PriorityLoad {
  /** Percent for each priority; they add up to 100, or to 0 when nobody can take a request. */
  load: number[];
  /** Priorities that send to unhealthy hosts too. */
  panic: boolean[];
}

/** Percent of its hosts that a priority may lose before the next one gets some of its traffic: 100 - 100/1.4. */
const OVERPROVISIONING = 140;

/** @param threshold panic threshold in percent; Istio sets it to minHealthPercent, 0 = never panic */
export function priorityLoad(levels: readonly LevelHealth[], threshold: number): PriorityLoad {
  const health = levels.map(({ total, healthy }) =>
    total === 0 ? 0 : Math.min(100, Math.floor((OVERPROVISIONING * healthy) / total)),
  );
  const available = Math.min(
    100,
    health.reduce((sum, part) => sum + part, 0),
  );
  const panic = levels.map(({ total, healthy }) => available < 100 && total > 0 && (100 * healthy) / total < threshold);
  const everybody = levels.reduce((sum, { total }) => sum + total, 0);
  if (everybody > 0 && levels.every(({ total }, i) => total === 0 || panic[i]))
    return { load: spread(levels.map(({ total }) => (100 * total) / everybody)), panic };
  if (available === 0) return { load: levels.map(() => 0), panic };
  return { load: spread(health.map((part) => Math.floor((part * 100) / available))), panic };
}

/** Cuts off at 100 in the order of priority; what rounding left over goes to the first that has any. */
function spread(parts: readonly number[]): number[] {
  let left = 100;
  const load = parts.map((part) => {
    const taken = Math.min(left, Math.floor(part));
    left -= taken;
    return taken;
  });
  const first = load.findIndex((part) => part > 0);
  if (first >= 0) load[first]! += left;
  return load;
}
