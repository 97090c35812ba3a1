/** RequestAuthentication, as Istio's webhook judges it. */
import type { RequestAuthenticationSpec } from '../../resources/types.gen.ts';
import { httpHeaderName } from './common.ts';
import type { Issues } from './issues.ts';
import { validateJwks } from './jwks.ts';
import { validateSelector } from './selector.ts';

type JwtRule = NonNullable<RequestAuthenticationSpec['jwtRules']>[number];

export function validateRequestAuthentication(spec: RequestAuthenticationSpec, issues: Issues): void {
  validateSelector(spec, issues);
  issues.each(['jwtRules'], spec.jwtRules, validateRule);
}

function validateRule(rule: JwtRule, issues: Issues): void {
  if (!rule.issuer && !rule.jwksUri) issues.error('issuer or jwksUri must be non-empty string');
  issues.each(['audiences'], rule.audiences, (audience, at) => at.check(required(audience, 'audience')));
  if (rule.jwksUri) issues.at('jwksUri').check(uriProblem(rule.jwksUri));
  if (rule.jwks) validateJwks(rule.jwks, issues.at('jwks'));
  issues.each(['fromHeaders'], rule.fromHeaders, ({ name }, at) =>
    at.check(required(name ?? '', 'location header name')),
  );
  issues.each(['fromParams'], rule.fromParams, (name, at) => at.check(required(name, 'location query')));
  issues.each(['fromCookies'], rule.fromCookies, (name, at) => at.check(required(name, 'cookie name')));
  issues.each(['outputClaimToHeaders'], rule.outputClaimToHeaders, ({ header, claim }, at) => {
    if (!header || !claim) at.error('outputClaimToHeaders header and claim value must be non-empty string');
    else at.at('header').check(httpHeaderName(header));
  });
}

const required = (text: string, what: string): string | undefined =>
  text === '' ? `${what} must be non-empty string` : undefined;

function uriProblem(uri: string): string | undefined {
  const { protocol } = URL.canParse(uri) ? new URL(uri) : { protocol: '' };
  return protocol === 'http:' || protocol === 'https:'
    ? undefined
    : `jwks_uri: the scheme of ${JSON.stringify(uri)} must be http or https`;
}
