/** RequestAuthentication → the rules of a jwt_authn filter. */
import type { JwtProvider } from '../../../gateway/snapshot.ts';
import type { Resource } from '../../resources/resource.ts';
import type { RequestAuthenticationSpec } from '../../resources/types.gen.ts';
import { wholeMs } from '../duration.ts';
import { compare } from '../names.ts';
import type { Draft } from '../processor.ts';
import { keysCluster } from './keys-cluster.ts';

export type JwtRuleSpec = NonNullable<RequestAuthenticationSpec['jwtRules']>[number];

/** Istio's default for fetching keys. */
const TIMEOUT_MS = 5_000;

/** Istio sets them for every rule (captured: scopes only, no other claim). */
const SPACE_DELIMITED = ['scope', 'permission'];

/** The rules of all policies together, by issuer, as Istio merges them. */
export function jwtProviders(policies: readonly Resource<RequestAuthenticationSpec>[], draft: Draft): JwtProvider[] {
  const rules = policies.flatMap(({ spec }) => spec.jwtRules ?? []);
  return rules
    .toSorted((a, b) => compare(a.issuer ?? '', b.issuer ?? ''))
    .map((rule, index) => provider(rule, index, keysCluster(rule, draft)));
}

function provider(rule: JwtRuleSpec, index: number, cluster: string | undefined): JwtProvider {
  const result: JwtProvider = {
    name: `origins-${index}`,
    issuer: rule.issuer ?? '',
    audiences: rule.audiences ?? [],
    fromHeaders: (rule.fromHeaders ?? []).map(({ name, prefix = '' }) => ({ name, prefix })),
    fromParams: rule.fromParams ?? [],
    fromCookies: rule.fromCookies ?? [],
    forwardOriginalToken: rule.forwardOriginalToken ?? false,
    outputClaimToHeaders: (rule.outputClaimToHeaders ?? []).map(({ header, claim }) => ({ header, claim })),
    spaceDelimitedClaims: [...new Set([...SPACE_DELIMITED, ...(rule.spaceDelimitedClaims ?? [])])],
    timeoutMs: wholeMs(rule.timeout) || TIMEOUT_MS,
  };
  if (rule.outputPayloadToHeader) result.outputPayloadToHeader = rule.outputPayloadToHeader;
  if (rule.jwks) result.jwks = rule.jwks;
  else if (rule.jwksUri) result.jwksUri = rule.jwksUri;
  if (cluster) result.jwksCluster = cluster;
  return result;
}
