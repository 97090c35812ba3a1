/** Which DestinationRule holds for a host: namespaces in Istio's order, rules of one host merged. */
import type { Resource } from '../resources/resource.ts';
import { mostSpecificMatch, resolveHost } from './names.ts';
import type { CompileInput, Draft, Processor, ProxyIdentity } from './processor.ts';
import { byAge, hasLabels, NETWORKING, ofKind } from './select.ts';
import type { Service } from './services.ts';
import type { DestinationRuleSpec, SubsetSpec, TrafficPolicySpec } from './spec.ts';
import { exportedTo, isVisible } from './visibility.ts';

/** All rules of one namespace for one host, as if they had been written as one. */
export interface MergedRule {
  host: string;
  trafficPolicy?: TrafficPolicySpec;
  subsets: SubsetSpec[];
  sources: Resource<DestinationRuleSpec>[];
}
type RulesByHost = Map<string, MergedRule>;

export class DestinationRules {
  /** What a proxy of the namespace itself sees, and what others see. */
  readonly #exported = new Map<string, RulesByHost>();
  readonly #local = new Map<string, RulesByHost>();
  readonly #privateRoot: RulesByHost = new Map();
  readonly #identity: ProxyIdentity | undefined;
  readonly #used = new Set<unknown>();
  /** By namespace and host. */
  readonly #found = new Map<string, MergedRule | undefined>();

  constructor(rules: readonly Resource<DestinationRuleSpec>[] = [], identity?: ProxyIdentity, meshDefault?: unknown) {
    this.#identity = identity;
    for (const rule of rules) this.#add(rule, meshDefault);
  }

  #add(rule: Resource<DestinationRuleSpec>, meshDefault: unknown): void {
    const identity = this.#identity;
    if (!identity) return;
    const { namespace } = rule.metadata;
    const selector = rule.spec.workloadSelector;
    if (selector && !(namespace === identity.namespace && hasLabels(identity.labels, selector.matchLabels))) return;
    const exported = selector ? new Set([namespace]) : exportedTo(rule.spec.exportTo, namespace, meshDefault);
    const host = resolveHost(rule.spec.host, namespace, identity.clusterDomain);
    const privateOnly = exported.size === 1 && exported.has(namespace);
    if (exported.has('*') || exported.has(namespace)) merge(table(this.#local, namespace), host, rule);
    if (privateOnly && namespace === identity.rootNamespace) merge(this.#privateRoot, host, rule);
    if (!privateOnly && isVisible(exported, identity.namespace)) merge(table(this.#exported, namespace), host, rule);
  }

  /**
   * The proxy's namespace first, unless it is the root one; then the service's; then the root namespace.
   * Istio: PushContext.destinationRule.
   */
  forService(service: Pick<Service, 'host' | 'namespace'>): MergedRule | undefined {
    const key = `${service.namespace}/${service.host}`;
    const known = this.#found.get(key);
    if (known || this.#found.has(key)) return known;
    const found = this.#ruleFor(service);
    this.#found.set(key, found);
    for (const source of found?.sources ?? []) this.#used.add(source);
    return found;
  }

  #ruleFor(service: Pick<Service, 'host' | 'namespace'>): MergedRule | undefined {
    const identity = this.#identity;
    if (!identity) return undefined;
    const inRoot = identity.namespace === identity.rootNamespace;
    const tables = [
      inRoot ? this.#privateRoot : this.#local.get(identity.namespace),
      this.#exported.get(service.namespace),
      this.#exported.get(identity.rootNamespace),
    ];
    for (const rules of tables) {
      const found = rules && mostSpecificMatch(service.host, rules);
      if (found) return found;
    }
    return undefined;
  }

  /** Whether the rule was found for some service so far. */
  inUse(rule: unknown): boolean {
    return this.#used.has(rule);
  }
}

function table(tables: Map<string, RulesByHost>, namespace: string): RulesByHost {
  const known = tables.get(namespace) ?? new Map();
  tables.set(namespace, known);
  return known;
}

/** The older rule keeps its policy and its subsets; a younger one only adds what is not there yet (captured). */
function merge(rules: RulesByHost, host: string, rule: Resource<DestinationRuleSpec>): void {
  const known = rules.get(host) ?? { host, subsets: [], sources: [] };
  const names = new Set(known.subsets.map(({ name }) => name));
  known.subsets = [...known.subsets, ...(rule.spec.subsets ?? []).filter(({ name }) => !names.has(name))];
  known.trafficPolicy ??= rule.spec.trafficPolicy as TrafficPolicySpec;
  if (!known.trafficPolicy) delete known.trafficPolicy;
  known.sources.push(rule);
  rules.set(host, known);
}

export const destinationRules: Processor = {
  name: 'destination-rules',
  reason: 'clusters need the policies, routes need the consistent hashes',
  run(input: CompileInput, draft: Draft) {
    const rules = ofKind<DestinationRuleSpec>(input, NETWORKING, 'DestinationRule').sort(bySelectorThenAge);
    draft.destinationRules = new DestinationRules(rules, input.identity, input.mesh.defaultDestinationRuleExportTo);
  },
};

/** Rules for selected workloads first: the more specific one keeps its policy when they merge. */
function bySelectorThenAge(a: Resource<DestinationRuleSpec>, b: Resource<DestinationRuleSpec>): number {
  return Number(!a.spec.workloadSelector) - Number(!b.spec.workloadSelector) || byAge(a, b);
}
