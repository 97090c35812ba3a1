/** loadBalancer of a traffic policy, as Istio's webhook judges it. */
import { duration } from './common.ts';
import type { Issues } from './issues.ts';
import { failoverProblems, localitiesProblem } from './localities.ts';
import type { Policy } from './traffic-policy.ts';

type LoadBalancer = NonNullable<Policy['loadBalancer']>;
type Hash = NonNullable<LoadBalancer['consistentHash']>;
type Locality = NonNullable<LoadBalancer['localityLbSetting']>;

const MAGLEV_LIMIT = 5_000_011;
const TOPOLOGY_LABELS = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];
const NEEDS_OUTLIER = 'outlier detection policy must be provided for failover';

/** @param ejects the policy has an outlier detection, without which nothing fails over */
export function validateLoadBalancer(balancer: LoadBalancer | undefined, ejects: boolean, issues: Issues): void {
  if (!balancer) return;
  const { consistentHash, localityLbSetting, zoneAwareLbSetting } = balancer;
  if (consistentHash) validateHash(consistentHash, issues.at('consistentHash'));
  if (localityLbSetting && zoneAwareLbSetting)
    issues.error('only one of localityLbSetting and zoneAwareLbSetting can be set');
  if (localityLbSetting) validateLocality(localityLbSetting, ejects, issues.at('localityLbSetting'));
  if (zoneAwareLbSetting) validateZoneAware(zoneAwareLbSetting, ejects, issues.at('zoneAwareLbSetting'));
  validateWarmup(balancer.warmup, issues.at('warmup'));
}

function validateHash({ httpCookie, minimumRingSize, maglev, ringHash }: Hash, issues: Issues): void {
  if (httpCookie && !httpCookie.name) issues.at('httpCookie').error('name required for HttpCookie');
  const names = new Set<string>();
  issues.each(['httpCookie', 'attributes'], httpCookie?.attributes, ({ name = '' }, at) => {
    if (name === '') at.error('cookie attribute name cannot be empty');
    else if (names.has(name)) at.error(`duplicate cookie attribute name: ${name}`);
    names.add(name);
  });
  if (minimumRingSize) {
    issues
      .at('minimumRingSize')
      .warn("consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead");
    if (maglev || ringHash) issues.error('only one of MinimumRingSize or Maglev/Ringhash can be specified');
  }
  if (maglev) validateTableSize(Number(maglev.tableSize ?? 0), issues.at('maglev', 'tableSize'));
}

function validateTableSize(size: number, issues: Issues): void {
  if (size === 0) issues.error('tableSize must be set for maglev');
  if (size >= MAGLEV_LIMIT) issues.error('tableSize must be less than 5000011 for maglev');
  if (!isPrime(size)) issues.error('tableSize must be a prime number for maglev');
}

/** As Envoy reckons: 1 is one. */
function isPrime(size: number): boolean {
  if (size !== 0 && size < 4) return true;
  if (size % 2 === 0) return false;
  for (let factor = 3; factor * factor <= size; factor += 2) if (size % factor === 0) return false;
  return true;
}

function validateLocality(setting: Locality, ejects: boolean, issues: Issues): void {
  const { distribute = [], failover = [], failoverPriority = [] } = setting;
  if (distribute.length > 0 && failover.length > 0) {
    issues.error("can not simultaneously specify 'distribute' and 'failover'");
    return;
  }
  const label = failover.length > 0 ? failoverPriority.find((name) => TOPOLOGY_LABELS.includes(name)) : undefined;
  if (label !== undefined) {
    issues.error(`can not simultaneously set 'failover' and topology label '${label}' in 'failover_priority'`);
    return;
  }
  for (const [index, { to = {} }] of distribute.entries()) {
    const problem = weightsProblem(Object.values(to));
    if (problem) {
      issues.at('distribute', index).error(problem);
      return;
    }
    issues.at('distribute', index, 'to').check(localitiesProblem(Object.keys(to)));
  }
  issues.at('distribute').check(localitiesProblem(distribute.map(({ from = '' }) => from)));
  if (failover.length + failoverPriority.length > 0 && !ejects) issues.warn(NEEDS_OUTLIER);
  issues.each(['failover'], failover, (one, at) =>
    at.check(...failoverProblems(one, 'locality lb', 'only specify region')),
  );
}

function weightsProblem(weights: readonly number[]): string | undefined {
  if (weights.some((weight) => weight <= 0 || weight > 100)) return 'locality weight must be in range [1, 100]';
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total === 100 ? undefined : `total locality weight ${total} != 100`;
}

function validateZoneAware(
  { failover = [], failoverPriority = [] }: NonNullable<LoadBalancer['zoneAwareLbSetting']>,
  ejects: boolean,
  issues: Issues,
): void {
  for (const label of failoverPriority.filter((name) => TOPOLOGY_LABELS.includes(name)))
    issues
      .at('failoverPriority')
      .error(
        `'failover_priority' for zone aware lb must not use topology label '${label}'; region- and zone-level routing are handled automatically`,
      );
  if (failover.length + failoverPriority.length > 0 && !ejects) issues.warn(NEEDS_OUTLIER);
  const own = 'only specifies region; zone and subzone failover are handled automatically';
  issues.each(['failover'], failover, (one, at) => at.check(...failoverProblems(one, 'zone aware lb', own)));
}

function validateWarmup(warmup: LoadBalancer['warmup'], issues: Issues): void {
  if (!warmup) return;
  const { minimumPercent = 0, aggression } = warmup;
  issues.at('duration').check(warmup.duration === undefined ? 'duration is required' : duration(warmup.duration));
  if (minimumPercent > 100)
    issues.at('minimumPercent').error('minimumPercent value should be less than or equal to 100');
  if (aggression !== undefined && aggression <= 0) issues.at('aggression').error('aggression should be greater than 0');
}
