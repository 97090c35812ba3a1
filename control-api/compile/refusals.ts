/**
 * What Istio accepts and Envoy then refuses. There it keeps the whole route table or listener at its last good state;
 * here the resource alone is left out, and said so.
 */
import { readKey } from '../../gateway/authn/jwks.ts';
import { about } from '../analysis/about.ts';
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import type { FieldPath, Resource } from '../resources/resource.ts';
import type { AuthorizationPolicySpec } from '../resources/types.gen.ts';
import { envoyFormatProblem } from './envoy-format.ts';
import { claimPath, stringMatch } from './match.ts';
import type { Memo } from './memo.ts';
import type { HttpMatchSpec, HttpRouteSpec, VirtualServiceSpec } from './spec.ts';
import { writtenHeaders } from './written-headers.ts';

interface Refusal {
  path: FieldPath;
  problem: string;
}

const CHECKS: Record<string, (spec: Record<string, unknown>) => Refusal[]> = {
  VirtualService: virtualServiceRefusals,
  RequestAuthentication: requestAuthenticationRefusals,
  AuthorizationPolicy: authorizationPolicyRefusals,
  EnvoyFilter: envoyFilterRefusals,
};

const NONE: readonly Finding[] = [];

/** The resources that can be served, and findings about the others. */
export function withoutRefused(
  resources: readonly Resource[],
  memo: Memo,
): { accepted: readonly Resource[]; findings: readonly Finding[] } {
  const refusals = memo.each('refusals', resources, refusalsOf);
  const findings = refusals.filter((some) => some !== NONE).flat();
  if (findings.length === 0) return { accepted: resources, findings };
  return { accepted: resources.filter((_, index) => refusals[index] === NONE), findings };
}

/** NONE itself where nothing is refused. */
function refusalsOf(resource: Resource): readonly Finding[] {
  const refusals = CHECKS[resource.kind]?.(resource.spec) ?? [];
  if (refusals.length === 0) return NONE;
  return refusals.map(({ path, problem }) => finding('EnvoyRefuses', { problem }, about(resource, path)));
}

function virtualServiceRefusals(spec: VirtualServiceSpec): Refusal[] {
  const routes = (spec.http ?? []).flatMap((route, index) => [
    ...routeRefusals(route, ['spec', 'http', index]),
    ...(route.match ?? []).flatMap((match, at) => matchRefusals(match, ['spec', 'http', index, 'match', at])),
  ]);
  return [...routes, ...headersRefusals(spec)];
}

const REDIRECT_CODES = new Set([0, 301, 302, 303, 307, 308]);

/** RouteAction and DirectResponseAction of Envoy's route_components.proto. */
function routeRefusals({ redirect, directResponse }: HttpRouteSpec, path: FieldPath): Refusal[] {
  const refusals: Refusal[] = [];
  if (redirect && !REDIRECT_CODES.has(redirect.redirectCode ?? 0)) {
    const problem = `a redirect can be 301, 302, 303, 307 or 308, not ${redirect.redirectCode}`;
    refusals.push({ path: [...path, 'redirect', 'redirectCode'], problem });
  }
  if (directResponse && !(directResponse.status >= 200 && directResponse.status < 600)) {
    const problem = `the status of a direct response lies between 200 and 599, unlike ${directResponse.status}`;
    refusals.push({ path: [...path, 'directResponse', 'status'], problem });
  }
  return refusals;
}

function headersRefusals(spec: VirtualServiceSpec): Refusal[] {
  return writtenHeaders(spec).flatMap(({ path, value }) => {
    const problem = envoyFormatProblem(value);
    return problem === undefined ? [] : [{ path, problem }];
  });
}

/** A claim's matcher must have a pattern; only headers can be matched by being there. */
function matchRefusals(match: HttpMatchSpec, path: FieldPath): Refusal[] {
  return (['headers', 'withoutHeaders'] as const).flatMap((field) =>
    Object.entries(match[field] ?? {})
      .filter(([name, value]) => claimPath(name) && stringMatch(value).kind === 'present')
      .map(([name]) => ({ path: [...path, field, name], problem: `a match on the claim ${name} needs a value` })),
  );
}

function requestAuthenticationRefusals({ jwtRules }: { jwtRules?: { jwks?: string }[] }): Refusal[] {
  return (jwtRules ?? []).flatMap(({ jwks }, index) =>
    jwks && !hasKey(jwks)
      ? [{ path: ['spec', 'jwtRules', index, 'jwks'], problem: 'the JWKS has no key that can verify a token' }]
      : [],
  );
}

function hasKey(jwks: string): boolean {
  try {
    const { keys = [] } = JSON.parse(jwks) as { keys?: { kty?: string }[] };
    // Envoy takes shared secrets, too.
    return keys.some((key) => key?.kty === 'oct' || typeof readKey(key) !== 'string');
  } catch {
    return false;
  }
}

/** A template of a path is a path: Envoy does not start with one that begins otherwise. */
function authorizationPolicyRefusals({ rules }: AuthorizationPolicySpec): Refusal[] {
  return (rules ?? []).flatMap(({ to }, rule) =>
    (to ?? []).flatMap(({ operation }, index) =>
      (['paths', 'notPaths'] as const).flatMap((field) =>
        (operation?.[field] ?? [])
          .filter((path) => /\{\*\*?\}/.test(path) && !path.startsWith('/'))
          .map((path) => ({
            path: ['spec', 'rules', rule, 'to', index, 'operation', field],
            problem: `the template ${path} does not begin with a slash`,
          })),
      ),
    ),
  );
}

interface ConfigPatch {
  applyTo?: string;
  match?: { context?: string };
  patch?: { operation?: string };
}

const GATEWAY_CONTEXTS = new Set(['ANY', 'GATEWAY']);

/** ADD puts an HTTP filter behind the router, and a router must be the last one. */
function envoyFilterRefusals({ configPatches }: { configPatches?: ConfigPatch[] }): Refusal[] {
  return (configPatches ?? []).flatMap(({ applyTo, match, patch }, index) =>
    applyTo === 'HTTP_FILTER' && patch?.operation === 'ADD' && GATEWAY_CONTEXTS.has(match?.context ?? 'ANY')
      ? [
          {
            path: ['spec', 'configPatches', index, 'patch', 'operation'],
            problem: 'ADD puts the filter behind the router',
          },
        ]
      : [],
  );
}
