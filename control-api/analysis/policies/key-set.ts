/** Keys written into a RequestAuthentication that no token will ever be verified with. */
import { readKey } from '../../../gateway/authn/jwks.ts';
import type { JwtRuleSpec } from '../../compile/policies/jwt-rules.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../report.ts';

export function readKeySetFindings({ issuer = '', jwks }: JwtRuleSpec, at: Partial<Finding>): Finding[] {
  const keys = keysOf(jwks);
  if (!keys) return [];
  const unusable = keys.map(readKey).filter((key) => typeof key === 'string');
  return [
    ...unusable.map((reason) => finding('UnusableKey', { issuer, reason }, at)),
    ...(unusable.length === keys.length ? [finding('NoUsableKey', { issuer }, at)] : []),
  ];
}

/** undefined: absent, or not the usual form, which validation speaks about. */
function keysOf(jwks: string | undefined): unknown[] | undefined {
  try {
    const { keys } = JSON.parse(jwks ?? 'null') as { keys?: unknown };
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}
