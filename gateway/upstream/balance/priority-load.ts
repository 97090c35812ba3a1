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
  /** Percent, by the hosts that are well. */
  health: number[];
}

/** Hosts may be lost, 100 - 100/1.4 percent of them, before any traffic goes elsewhere; Envoy's default, in percent. */
const OVERPROVISIONING = 140;

/** The part of its share that a locality can still take. */
export const available = (healthy: number, total: number): number =>
  Math.min(1, (OVERPROVISIONING / 100) * (healthy / total));

/** @param threshold panic threshold in percent; Istio sets it to minHealthPercent, 0 = never panic */
export function priorityLoad(levels: readonly LevelHealth[], threshold: number): PriorityLoad {
  const health = levels.map(({ total, healthy }) =>
    total === 0 ? 0 : Math.min(100, Math.floor((OVERPROVISIONING * healthy) / total)),
  );
  const all = Math.min(100, sum(health));
  const panic = levels.map(({ total, healthy }) => all < 100 && total > 0 && (100 * healthy) / total < threshold);
  const everybody = sum(levels.map(({ total }) => total));
  const load =
    everybody > 0 && levels.every(({ total }, i) => total === 0 || panic[i])
      ? spread(levels.map(({ total }) => (100 * total) / everybody))
      : (shareOut(health) ?? levels.map(() => 0));
  return { load, panic, health };
}

const sum = (parts: readonly number[]): number => parts.reduce((all, part) => all + part, 0);

/** The traffic by the health of the priorities, in their order; undefined when nobody is well. */
export function shareOut(health: readonly number[]): number[] | undefined {
  const all = Math.min(100, sum(health));
  return all === 0 ? undefined : spread(health.map((part) => (part * 100) / all));
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
