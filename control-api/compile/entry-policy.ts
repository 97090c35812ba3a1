/**
 * Retries and timeouts that the mesh entry carries out: it sees the endpoints, so that only it can tell who refused a connection,
 * choose another host, and keep to a budget. A policy is named by its content; routes that say the same share one.
 */
import type { ForwardAction, RetryPolicy, Route, Snapshot, VirtualHost } from '../../gateway/snapshot.ts';
import { describe } from '../resources/resource.ts';
import { forwardActions } from './forwarded.ts';
import { contentHash } from './identify.ts';
import type { Memo } from './memo.ts';
import { compare } from './names.ts';
import type { CompileInput, Placement } from './processor.ts';
import { keyOf, NETWORKING, ofKind } from './select.ts';
import type { VirtualServiceSpec } from './spec.ts';

export interface EntryPolicy {
  name: string;
  retry: RetryPolicy;
  /** 0 = none. */
  timeoutMs: number;
}

/** Gives every route that retries behind the entry its policy's name. */
export function nameEntryPolicies(
  { routeTables, clusters }: Pick<Snapshot, 'routeTables' | 'clusters'>,
  memo: Memo,
): void {
  const known = new Map<string, string>();
  const nameOf = memo.table<string>('names of entry policies');
  const named = memo.table<VirtualHost>('virtual hosts with entry policies');
  for (const { virtualHosts } of Object.values(routeTables)) {
    for (const [index, host] of virtualHosts.entries()) {
      const names = host.routes.map(({ action }) =>
        retriesBehind(action, clusters) ? nameOf(action, [], () => policyName(action, known)) : undefined,
      );
      if (names.some((name) => name !== undefined))
        virtualHosts[index] = named(host, names, () => withPolicies(host, names));
    }
  }
}

function retriesBehind(action: Route['action'], clusters: Snapshot['clusters']): action is ForwardAction {
  if (action.kind !== 'forward' || !action.retry) return false;
  return action.destinations.some(({ cluster }) => clusters[cluster]?.resolution === 'MESH');
}

function policyName({ retry, timeoutMs }: ForwardAction, known: Map<string, string>): string {
  const content = JSON.stringify([retry, timeoutMs]);
  const name = known.get(content) ?? `p-${contentHash(content, 8)}`;
  known.set(content, name);
  return name;
}

function withPolicies(host: VirtualHost, names: readonly (string | undefined)[]): VirtualHost {
  const routes = host.routes.map((route, index): Route => {
    const entryPolicy = names[index];
    if (entryPolicy === undefined || route.action.kind !== 'forward') return route;
    return { ...route, action: { ...route.action, entryPolicy } };
  });
  return { ...host, routes };
}

/** `retries` and `timeout` that stand in VirtualServices and are carried out by the entry. */
export function retriesOfEntry(input: CompileInput, { routeTables }: Pick<Snapshot, 'routeTables'>): Placement[] {
  const delegated = new Set<string>();
  for (const { virtualHosts } of Object.values(routeTables))
    for (const { routes } of virtualHosts)
      for (const { action, origin } of routes)
        if (action.kind === 'forward' && action.entryPolicy !== undefined)
          delegated.add(`${origin.namespace}/${origin.name} ${/\d+/.exec(origin.path ?? '')}`);
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) =>
    (virtualService.spec.http ?? []).flatMap(({ retries }, index): Placement[] => {
      if (!retries || !delegated.has(`${keyOf(virtualService)} ${index}`)) return [];
      const reason =
        'by the mesh entry, which sees why an endpoint failed; the edge tries again only what did not get there';
      return [{ resource: describe(virtualService), field: `spec.http[${index}].retries`, where: 'cluster', reason }];
    }),
  );
}

/** The policies that routes to this cluster ask the entry for, by name. */
export function entryPolicies(snapshot: Pick<Snapshot, 'routeTables'>): Map<string, EntryPolicy[]> {
  const byCluster = new Map<string, Map<string, EntryPolicy>>();
  for (const action of forwardActions(snapshot)) {
    const policy = policyOf(action);
    if (!policy) continue;
    for (const { cluster } of action.destinations) {
      const policies = byCluster.get(cluster) ?? new Map<string, EntryPolicy>();
      byCluster.set(cluster, policies.set(policy.name, policy));
    }
  }
  const sorted = (policies: Map<string, EntryPolicy>) => [...policies.values()].sort((a, b) => compare(a.name, b.name));
  return new Map([...byCluster].map(([cluster, policies]) => [cluster, sorted(policies)]));
}

function policyOf({ entryPolicy, retry, timeoutMs }: ForwardAction): EntryPolicy | undefined {
  return entryPolicy !== undefined && retry ? { name: entryPolicy, retry, timeoutMs } : undefined;
}
