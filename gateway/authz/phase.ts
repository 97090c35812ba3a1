/** The rbac phases: AuthorizationPolicies in Istio's order AUDIT, DENY, ALLOW, on every route and where there is none. */
import type { Exchange, LocalReply } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import type { Rbac } from '../snapshot.ts';
import { type PolicyIndex, policyIndex } from './policy-index.ts';

/** One index for each filter, however many routes the listener has. */
const indexes = new WeakMap<Rbac, PolicyIndex>();

export function indexOf(config: Rbac): PolicyIndex {
  let index = indexes.get(config);
  if (!index) {
    index = policyIndex(config.policies);
    indexes.set(config, index);
  }
  return index;
}

export function foldRbac({ filters }: RouteScope): Step[] {
  return filters.flatMap(({ config }) => (config.kind === 'rbac' ? [rbacStep(config)] : []));
}

/** The step of one filter; exported for early enforcement, which runs it for the workloads of a route. */
export function rbacStep(config: Rbac): Step {
  const index = indexOf(config);
  if (config.shadow) return { request: (exchange) => recordShadow(exchange, config.action, index.match(exchange)) };
  if (config.action === 'LOG') return { request: (exchange) => recordAudit(exchange, index.match(exchange)) };
  const denies = config.action === 'DENY';
  return {
    request(exchange) {
      const policy = index.match(exchange);
      return (policy !== undefined) === denies ? denial(policy) : undefined;
    },
  };
}

/** 403 with the text that Envoy's filter gives (captured); the policy is named in the access log only. */
export function denial(policy: string | undefined): LocalReply {
  return {
    status: 403,
    body: 'RBAC: access denied',
    contentType: 'text/plain',
    details: `rbac_access_denied_matched_policy[${policy ?? 'none'}]`,
  };
}

/** AUDIT never refuses: it asks the access log to keep this request (Envoy's LOG action). */
function recordAudit(exchange: Exchange, policy: string | undefined): undefined {
  exchange.metadata.set('envoy.common', { access_log_hint: policy !== undefined });
}

/** What a dry-run policy would have done, under the names by which Istio's documentation tells users to log it. */
function recordShadow(exchange: Exchange, action: Rbac['action'], policy: string | undefined): undefined {
  const prefix = action === 'ALLOW' ? 'istio_dry_run_allow_' : 'istio_dry_run_deny_';
  const allowed = (policy !== undefined) === (action === 'ALLOW');
  exchange.metadata.set('envoy.filters.http.rbac', {
    ...exchange.metadata.get('envoy.filters.http.rbac'),
    [`${prefix}shadow_engine_result`]: allowed ? 'allowed' : 'denied',
    ...(policy !== undefined && { [`${prefix}shadow_effective_policy_id`]: policy }),
  });
}
