/** Who gets in without a token of ours, and what they may do: the file of `serve --access`, the ACCESS variable of a deployment. */
import { type Grant, ROLES } from './user.ts';

export interface OidcIssuer {
  /** Exactly as in the tokens' `iss`; its /.well-known/openid-configuration names the keys. */
  issuer: string;
  /** Of `aud`: tokens for other applications of the same issuer are refused. */
  audience: string;
  /** `sub` unless told; an `email` counts only when the issuer has verified it. */
  usernameClaim?: string;
  /** `groups` unless told. */
  groupsClaim?: string;
}

export interface CloudflareAccess {
  /** `https://acme.cloudflareaccess.com` */
  teamDomain: string;
  /** The application's AUD tag. */
  audience: string;
}

/** What a user or a member of a group may do. `oidc:` and `access:` stand before the names of users. */
export interface GrantRule extends Grant {
  user?: string;
  group?: string;
}

export interface AccessSettings {
  oidc?: OidcIssuer[];
  cloudflareAccess?: CloudflareAccess;
  grants?: GrantRule[];
}

/** The settings, or what is wrong with them. */
export function checkSettings(value: unknown): { settings: AccessSettings } | { error: string } {
  if (typeof value !== 'object' || value === null) return { error: 'a mapping is needed' };
  const settings = value as AccessSettings;
  for (const { issuer, audience } of settings.oidc ?? []) {
    if (!isSafeUrl(issuer)) return { error: `oidc: issuer ${issuer} is not an https URL` };
    if (!audience) return { error: `oidc: ${issuer} needs an audience` };
  }
  const { cloudflareAccess: access } = settings;
  if (access && !isSafeUrl(access.teamDomain)) return { error: 'cloudflareAccess: teamDomain is not an https URL' };
  if (access && !access.audience) return { error: 'cloudflareAccess: an audience is needed' };
  const wrong = (settings.grants ?? []).find(
    ({ user, group, role, namespace }) => (!user && !group) || !ROLES.includes(role) || !namespace,
  );
  return wrong ? { error: `grants: ${JSON.stringify(wrong)} needs user or group, role and namespace` } : { settings };
}

/** Keys that come without TLS could be anybody's; only this machine is trusted so. */
function isSafeUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname));
}

/** What the rules give to somebody. */
export function grantsFor(rules: readonly GrantRule[], user: string, groups: readonly string[]): Grant[] {
  return rules
    .filter((rule) => rule.user === user || (rule.group !== undefined && groups.includes(rule.group)))
    .map(({ role, namespace }) => ({ role, namespace }));
}
