/**
 * Retries and timeouts that the mesh entry carries out: it sees the endpoints, so that only it can tell who refused a connection,
 * choose another host, and keep to a budget. A policy is named by its content; routes that say the same share one.
 */
import { createHash } from 'node:crypto';
import type { ForwardAction, RetryPolicy, Snapshot } from '../../gateway/snapshot.ts';
import { forwardActions } from './forwarded.ts';
import { compare } from './names.ts';

export interface EntryPolicy {
  name: string;
  retry: RetryPolicy;
  /** 0 = none. */
  timeoutMs: number;
}

/** Gives every route that retries behind the entry its policy's name. */
export function nameEntryPolicies(snapshot: Pick<Snapshot, 'routeTables' | 'clusters'>): void {
  const names = new Map<string, string>();
  for (const action of forwardActions(snapshot)) {
    if (!action.retry || !action.destinations.some(({ cluster }) => isBehind(snapshot, cluster))) continue;
    const content = JSON.stringify([action.retry, action.timeoutMs]);
    const name = names.get(content) ?? `p-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;
    names.set(content, name);
    action.entryPolicy = name;
  }
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

const isBehind = ({ clusters }: Pick<Snapshot, 'clusters'>, name: string): boolean =>
  clusters[name]?.resolution === 'MESH';
