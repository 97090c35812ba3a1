/** From a request to a user. Credentials come in headers only, never in the URL, where logs would keep them. */
import { decodeJwt } from 'jose';
import { ACCESS_HEADER, accessLogin, oidcLogin } from './jwt-login.ts';
import type { AccessSettings } from './settings.ts';
import { TOKEN_PREFIX, type Tokens } from './tokens.ts';
import type { User } from './user.ts';

/** The caller, or undefined when the credentials are missing or bad. */
export type Authenticate = (request: Request) => Promise<User | undefined>;

export function authenticator(tokens: Tokens, settings: AccessSettings = {}): Authenticate {
  const issuers = new Map((settings.oidc ?? []).map((oidc) => [oidc.issuer, oidcLogin(oidc, settings)]));
  const access = settings.cloudflareAccess && accessLogin(settings.cloudflareAccess, settings);
  return async (request) => {
    const [, bearer] = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    if (bearer?.startsWith(TOKEN_PREFIX)) return tokens.verify(bearer);
    if (bearer) return issuers.get(issuerOf(bearer))?.(bearer);
    const assertion = request.headers.get(ACCESS_HEADER);
    return assertion && access && isOwnOrigin(request) ? access(assertion) : undefined;
  };
}

/** Only to choose whom to ask: nothing is believed before the signature is checked. */
function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return '';
  }
}

/** Cloudflare Access adds its assertion for a cookie, so a foreign page could make a browser write; such a request names its origin. */
function isOwnOrigin(request: Request): boolean {
  const origin = request.headers.get('origin');
  return origin === null || origin === new URL(request.url).origin;
}
