/** What is said about early enforcement: one finding a policy, however many clusters it touches. */
import { about } from '../../analysis/about.ts';
import { finding } from '../../analysis/report.ts';
import { describe, type Resource } from '../../resources/resource.ts';
import type { Draft } from '../processor.ts';

type Policy = Pick<Resource, 'kind' | 'metadata' | 'at'>;

export class EarlyReport {
  readonly #enforced = new Map<Policy, Set<string>>();
  readonly #left = new Map<Policy, Map<string, string>>();

  enforced(policy: Policy, cluster: string): void {
    const clusters = this.#enforced.get(policy) ?? new Set();
    this.#enforced.set(policy, clusters.add(cluster));
  }

  left(policy: Policy, what: string, reason: string): void {
    const parts = this.#left.get(policy) ?? new Map();
    this.#left.set(policy, parts.set(what, reason));
  }

  someOnly(policy: Policy, cluster: string): void {
    this.left(policy, cluster, 'it holds for some of its workloads, or their labels are not known');
  }

  writeTo(draft: Draft): void {
    for (const [policy, clusters] of this.#enforced) {
      const names = [...clusters].sort().join(', ');
      draft.findings.push(finding('EnforcedEarly', { clusters: names }, about(policy)));
      draft.placements.push({
        resource: describe(policy),
        where: 'edge',
        reason: `also enforced on the way to ${names}`,
      });
    }
    for (const [policy, parts] of this.#left) {
      for (const [what, reason] of parts)
        draft.findings.push(finding('LeftToSidecar', { what, reason }, about(policy)));
    }
  }
}
