/**
 * Localities: which priority an endpoint has and which share its locality gets, from localityLbSetting, as Istio's
 * control plane assigns them (pilot's loadbalancer package) before Envoy sees them.
 */
import type { Cluster, Endpoint, LocalitySetting } from '../../snapshot.ts';
import type { Host } from './host.ts';

/** Hosts of one locality and its share; one group of all hosts when Istio asks for no shares. */
export interface LocalityGroup {
  weight: number;
  hosts: Host[];
}
/** In the order of priority; each with its localities. */
export type PriorityLevels = LocalityGroup[][];

const whole = (hosts: Host[]): LocalityGroup[] => [{ weight: 1, hosts }];
/** Shares by the endpoints' weights. */
const apart = (hosts: Host[]): LocalityGroup[] =>
  [...Map.groupBy(hosts, localityOf).values()].map((members) => ({ weight: weightOf(members), hosts: members }));

/**
 * Failover needs outlier detection: without it nothing is ever unhealthy, and Istio leaves it out. Localities keep shares
 * of their own where the user named any setting, not for the nearest-first that Istio does by itself.
 */
export function foldLevels(cluster: Cluster, hosts: Host[]): PriorityLevels {
  const setting = cluster.loadBalancer.locality;
  if (!setting) return [whole(hosts)];
  if (setting.distribute) {
    const share = setting.distribute.find(({ from }) => covers(from, setting.from));
    return [share ? distribute(hosts, share.to) : apart(hosts)];
  }
  if (!cluster.outlierDetection) return [whole(hosts)];
  return byPriority(hosts, setting, cluster.resolution).map(
    setting.failover || setting.failoverPriority ? apart : whole,
  );
}

/** `us/*`, `us/west/1`, `*`: a `*` covers everything, and so does a zone or subzone that is missing. */
export function covers(pattern: string, locality: string): boolean {
  const parts = locality.split('/');
  return pattern.split('/').every((part, i) => part === '*' || (part === '' && i > 0) || part === (parts[i] ?? ''));
}

const localityOf = ({ endpoint }: Host): string => endpoint.locality ?? '';

/** A pattern's share is divided among its localities by their endpoints' weights; localities nobody names get nothing. */
function distribute(hosts: Host[], to: Record<string, number>): LocalityGroup[] {
  const groups = Map.groupBy(hosts, localityOf);
  const taken: LocalityGroup[] = [];
  for (const [pattern, share] of Object.entries(to).sort(([a], [b]) => specificity(b) - specificity(a))) {
    const matched = [...groups].filter(([locality]) => covers(pattern, locality));
    const total = matched.reduce((sum, [, members]) => sum + weightOf(members), 0);
    for (const [locality, members] of matched) {
      groups.delete(locality);
      if (share > 0) taken.push({ weight: Math.ceil((weightOf(members) * share) / total), hosts: members });
    }
  }
  return taken;
}

const specificity = (pattern: string): number =>
  pattern.split('/').filter((part) => part !== '' && part !== '*').length;
const weightOf = (hosts: Host[]): number => hosts.reduce((sum, { weight }) => sum + weight, 0);

/** Labels before places, where both are given; priorities without gaps. Istio knows no labels of endpoints that have names. */
function byPriority(hosts: Host[], setting: LocalitySetting, resolution: Cluster['resolution']): Host[][] {
  const orders = [
    ...(setting.failoverPriority && resolution !== 'DNS' ? [byLabels(setting)] : []),
    ...(setting.failover || !setting.failoverPriority ? [byDistance(setting)] : []),
  ];
  return orders.reduce((levels, order) => levels.flatMap((level) => compress(level, order)), [hosts]);
}

/** 0 same subzone, 1 same zone, 2 same region, 3 the region to fail over to (any, when none is named), 4 the others. */
function byDistance({ from, failover }: LocalitySetting): (endpoint: Endpoint) => number {
  const [region = '', zone = '', subzone = ''] = from.split('/');
  const target = failover?.find((entry) => entry.from === region)?.to;
  return ({ locality = '' }) => {
    const [theirRegion = '', theirZone = '', theirSubzone = ''] = locality.split('/');
    if (theirRegion !== region) return target === undefined || theirRegion === target ? 3 : 4;
    if (theirZone !== zone) return 2;
    return theirSubzone === subzone ? 0 : 1;
  };
}

/** The more labels of the list agree from its start, the better; `label=value` compares with that value instead. */
function byLabels({ from, labels = {}, failoverPriority = [] }: LocalitySetting): (endpoint: Endpoint) => number {
  const own = { ...topologyLabels(from), ...labels };
  const wanted = failoverPriority.map((entry): [string, string | undefined] => {
    const equals = entry.indexOf('=');
    return equals < 0 ? [entry, own[entry]] : [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  return (endpoint) => {
    const theirs = { ...topologyLabels(endpoint.locality ?? ''), ...endpoint.labels };
    const first = wanted.findIndex(([label, value]) => (theirs[label] ?? '') !== (value ?? ''));
    return first < 0 ? 0 : wanted.length - first;
  };
}

function topologyLabels(locality: string): Record<string, string> {
  const [region = '', zone = '', subzone = ''] = locality.split('/');
  return {
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': zone,
    'topology.istio.io/subzone': subzone,
  };
}

function compress(hosts: Host[], priority: (endpoint: Endpoint) => number): Host[][] {
  const levels = Map.groupBy(hosts, ({ endpoint }) => priority(endpoint));
  return [...levels].sort(([a], [b]) => a - b).map(([, members]) => members);
}
