/**
 * Localities: which priority an endpoint has and which share its locality gets, from localityLbSetting, as Istio's
 * control plane assigns them (pilot's loadbalancer package) before Envoy sees them.
 */
import type { Cluster, Endpoint, LocalitySetting } from '../../snapshot.ts';
import type { Host } from './host.ts';

/** Hosts of one locality and its share; one group of all hosts when shares are not configured. */
export interface LocalityGroup {
  weight: number;
  hosts: Host[];
}
/** In the order of priority; each with its localities. */
export type PriorityLevels = LocalityGroup[][];

const whole = (hosts: Host[]): LocalityGroup[] => [{ weight: 1, hosts }];

/** Failover needs outlier detection: without it nothing is ever unhealthy, and Istio leaves it out. */
export function foldLevels(cluster: Cluster, hosts: Host[]): PriorityLevels {
  const setting = cluster.loadBalancer.locality;
  if (!setting) return [whole(hosts)];
  const share = setting.distribute?.find(({ from }) => covers(from, setting.from));
  if (share) return [distribute(hosts, share.to)];
  if (!cluster.outlierDetection) return [whole(hosts)];
  const priority = setting.failoverPriority?.length ? byLabels(setting) : byDistance(setting);
  return compress(hosts, priority).map(whole);
}

/** `us/*`, `us/west/1`, `*`: a part that is missing or `*` covers everything. */
export function covers(pattern: string, locality: string): boolean {
  const parts = locality.split('/');
  return pattern.split('/').every((part, i) => part === '*' || part === '' || part === (parts[i] ?? ''));
}

/** A pattern's share is divided among its localities by their endpoints' weights; localities nobody names get nothing. */
function distribute(hosts: Host[], to: Record<string, number>): LocalityGroup[] {
  const groups = Map.groupBy(hosts, ({ endpoint }) => endpoint.locality ?? '');
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

/** Priorities without gaps. */
function compress(hosts: Host[], priority: (endpoint: Endpoint) => number): Host[][] {
  const levels = Map.groupBy(hosts, ({ endpoint }) => priority(endpoint));
  return [...levels].sort(([a], [b]) => a - b).map(([, members]) => members);
}
