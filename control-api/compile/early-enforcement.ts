/**
 * Policies of workloads that their owners want asked at the edge, too (`bowsprit.dev/early-enforcement: "true"`, or for
 * all with defaultConfig.proxyMetadata.BOWSPRIT_EARLY_ENFORCEMENT): what a sidecar would refuse need not cross the world.
 */
import type { Cluster, HttpFilter, JwtProvider, RbacPolicy } from '../../gateway/snapshot.ts';
import type { Resource } from '../resources/resource.ts';
import type { AuthorizationPolicySpec, RequestAuthenticationSpec } from '../resources/types.gen.ts';
import { actionOf, isDryRun } from './authorization-policy.ts';
import { decidable, type Known } from './policies/decidable.ts';
import { EarlyReport } from './policies/early-report.ts';
import { jwtProviders } from './policies/jwt-rules.ts';
import { type AuthorizationPolicy, rbacPolicies } from './policies/rbac-rules.ts';
import type { TargetedSpec } from './policies/scope.ts';
import { selects, type Workloads, workloadsOf } from './policies/workloads.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { hasLabels, ofKind, SECURITY } from './select.ts';

const ANNOTATION = 'bowsprit.dev/early-enforcement';

export const earlyEnforcement: Processor = {
  name: 'early-enforcement',
  reason: 'after clusters, whose workloads it looks at, and the policies of the gateway itself',
  run(input: CompileInput, draft: Draft) {
    const others = (policy: Resource<TargetedSpec>) => !namesGateway(policy, input.identity.labels);
    const rules = ofKind<AuthorizationPolicySpec>(input, SECURITY, 'AuthorizationPolicy').filter(others);
    const policies: Policies = {
      tokens: ofKind<RequestAuthenticationSpec>(input, SECURITY, 'RequestAuthentication').filter(others),
      rules: rules.filter((policy) => !isDryRun(policy)),
      isEarly: earlyTest(input),
      rootNamespace: input.identity.rootNamespace,
    };
    if (![...policies.tokens, ...policies.rules].some(policies.isEarly)) return;
    const report = new EarlyReport();
    const { clusters } = draft.snapshot;
    for (const [name, cluster] of Object.entries(clusters)) {
      const workloads = workloadsOf(cluster, draft);
      const filters = workloads ? earlyFilters({ policies, draft }, cluster, workloads, report) : [];
      if (filters.length > 0) clusters[name] = { ...cluster, early: filters };
    }
    report.writeTo(draft);
  },
};

/** A policy that names the gateway's own labels is not about the workloads behind it. */
function namesGateway({ spec }: Resource<TargetedSpec>, labels: Record<string, string>): boolean {
  const wanted = spec.selector?.matchLabels ?? {};
  return Object.keys(wanted).length > 0 && hasLabels(labels, wanted);
}

interface Policies {
  tokens: Resource<RequestAuthenticationSpec>[];
  rules: AuthorizationPolicy[];
  isEarly(policy: Pick<Resource, 'metadata'>): boolean;
  rootNamespace: string;
}

function earlyTest({ mesh }: CompileInput): Policies['isEarly'] {
  const { proxyMetadata } = (mesh.defaultConfig ?? {}) as { proxyMetadata?: Record<string, string> };
  const all = proxyMetadata?.BOWSPRIT_EARLY_ENFORCEMENT === 'true';
  return ({ metadata }) => (metadata.annotations[ANNOTATION] ?? String(all)) === 'true';
}

function earlyFilters(
  { policies, draft }: { policies: Policies; draft: Draft },
  cluster: Cluster,
  workloads: Workloads,
  report: EarlyReport,
): HttpFilter[] {
  const holds = (policy: Resource<TargetedSpec>) => selects(policy, workloads, policies.rootNamespace);
  const rules = policies.rules.filter((policy) => holds(policy) !== 'none');
  const tokens = policies.tokens.filter((policy) => holds(policy) !== 'none');
  const wanted = [...rules, ...tokens].filter(policies.isEarly);
  if (wanted.length === 0) return [];
  for (const policy of wanted.filter((one) => holds(one) === 'some')) report.someOnly(policy, cluster.name);
  const sure = new Set<unknown>(wanted.filter((policy) => holds(policy) === 'all'));
  const jwt = tokens.every((policy) => holds(policy) === 'all') ? checksOnly(jwtProviders(tokens, draft)) : [];
  const known: Known = { port: workloads.port, tokens: jwt.length > 0 };
  const decide = (action: 'ALLOW' | 'DENY', chosen: AuthorizationPolicy[]) =>
    chosen.flatMap((policy) => decided(policy, action, known, cluster, sure.has(policy) ? report : undefined));
  const deny = decide(
    'DENY',
    rules.filter((policy) => actionOf(policy) === 'DENY' && sure.has(policy)),
  );
  // Every ALLOW can save a request, also those that nobody asked to enforce early.
  const allowing = rules.filter((policy) => actionOf(policy) === 'ALLOW');
  const enforcesAllow = allowing.some((policy) => sure.has(policy));
  const allow = enforcesAllow ? decide('ALLOW', allowing) : [];
  for (const policy of tokens.filter((one) => sure.has(one) && jwt.length > 0)) report.enforced(policy, cluster.name);
  for (const policy of rules.filter((one) => sure.has(one) && !['ALLOW', 'DENY'].includes(actionOf(one)))) {
    report.left(policy, `action ${actionOf(policy)}`, 'only the cluster carries it out');
  }
  return [
    ...(jwt.length > 0 ? [{ phase: 'jwt', config: { kind: 'jwt_authn', providers: jwt } } as const] : []),
    ...(deny.length > 0 ? [rbac('rbac-deny', 'DENY', deny)] : []),
    ...(enforcesAllow ? [rbac('rbac-allow', 'ALLOW', allow)] : []),
  ];
}

const rbac = (phase: HttpFilter['phase'], action: 'ALLOW' | 'DENY', policies: RbacPolicy[]): HttpFilter => ({
  phase,
  config: { kind: 'rbac', action, policies },
});

function decided(
  policy: AuthorizationPolicy,
  action: 'ALLOW' | 'DENY',
  known: Known,
  cluster: Cluster,
  report: EarlyReport | undefined,
): RbacPolicy[] {
  const results = rbacPolicies(policy).map((rule) => decidable(rule, action, known));
  report?.enforced(policy, cluster.name);
  if (results.some(({ complete }) => !complete)) {
    report?.left(
      policy,
      'a condition',
      'it asks for what only the sidecar knows (addresses, certificates, ports, tokens)',
    );
  }
  return results.flatMap(({ policy: rule }) => (rule ? [rule] : []));
}

/** Tokens are only looked at: the sidecar needs them, and gives the headers itself. */
function checksOnly(providers: JwtProvider[]): JwtProvider[] {
  return providers.map(({ outputPayloadToHeader: _, ...provider }) => ({
    ...provider,
    forwardOriginalToken: true,
    outputClaimToHeaders: [],
  }));
}
