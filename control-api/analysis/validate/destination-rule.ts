/** DestinationRule, as Istio's webhook judges it. */
import type { ObjectMeta } from '../../resources/resource.ts';
import type { DestinationRuleSpec } from '../../resources/types.gen.ts';
import { exportTo, labels } from './common.ts';
import { wildcardDomain } from './domain.ts';
import type { Issues } from './issues.ts';
import { validateLabels } from './selector.ts';
import { validatePolicy } from './traffic-policy.ts';

const SUBSET_NAME = /^[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;

export function validateDestinationRule(spec: DestinationRuleSpec, issues: Issues, { namespace }: ObjectMeta): void {
  issues.at('host').check(wildcardDomain(spec.host ?? ''));
  validatePolicy(spec.trafficPolicy, issues.at('trafficPolicy'), namespace);
  const names = new Set<string>();
  issues.each(['subsets'], spec.subsets, (subset, at) => {
    at.at('name').check(subsetName(subset.name ?? ''));
    at.at('labels').check(...labels(subset.labels ?? {}));
    validatePolicy(subset.trafficPolicy, at.at('trafficPolicy'), namespace);
    if (names.has(subset.name)) at.at('name').error(`duplicate subset names: ${subset.name}`);
    names.add(subset.name);
  });
  issues.at('exportTo').check(...exportTo(spec.exportTo, namespace));
  const { workloadSelector } = spec;
  if (!workloadSelector) return;
  validateLabels(workloadSelector, issues.at('workloadSelector'));
  issues.at('exportTo').check(selectedExport(spec.exportTo ?? [], namespace));
}

/** A rule for some workloads is its own namespace's. */
function selectedExport(exportTo: readonly string[], namespace: string): string | undefined {
  const named = new Set(exportTo.map((entry) => (entry === '.' ? namespace : entry)));
  const rule = 'destination rule with workload selector cannot have';
  if (named.size === 0) return undefined;
  if (!named.has(namespace)) return `${rule} exportTo beyond current namespace`;
  return named.size > 1 ? `${rule} multiple entries in exportTo` : undefined;
}

function subsetName(name: string): string | undefined {
  if (name === '') return 'subset name cannot be empty';
  return SUBSET_NAME.test(name) ? undefined : `subset name is invalid: ${name}`;
}
