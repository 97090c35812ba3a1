/** Before anything is done for a caller: who it is, whether it has called too often; after it: headers that keep answers private. */
import type { MiddlewareHandler } from 'hono';
import type { Authenticate } from '../access/authenticate.ts';
import { CALLS, FAILED_LOGINS, Limiter } from '../access/limiter.ts';
import type { User } from '../access/user.ts';
import { ApiError } from './api-error.ts';

export type Env = { Variables: { user: User } };

/** Throws Unauthorized or TooManyRequests. */
export function authenticated(authenticate: Authenticate): MiddlewareHandler<Env> {
  const calls = new Limiter(CALLS);
  const failures = new Limiter(FAILED_LOGINS);
  return async (c, next) => {
    const user = await authenticate(c.req.raw);
    if (!user) {
      // Whoever has a good token is let in though others guess from the same address.
      const pause = failures.take(addressOf(c.req.raw));
      throw pause > 0 ? tooMany(pause) : new ApiError('Unauthorized', 'Unauthorized');
    }
    const wait = calls.take(user.name);
    if (wait > 0) throw tooMany(wait);
    c.set('user', user);
    await next();
  };
}

function tooMany(retryAfterSeconds: number): ApiError {
  return new ApiError('TooManyRequests', 'too many requests; try again later', { retryAfterSeconds });
}

/** Cloudflare tells it by header, workerd by `request.cf`; there a client's own header of that name counts for nothing. */
function addressOf(request: Request): string {
  const { clientIp, colo } = ((request as { cf?: unknown }).cf ?? {}) as { clientIp?: string; colo?: string };
  const told = colo === undefined ? undefined : request.headers.get('cf-connecting-ip');
  return told ?? clientIp?.replace(/:\d+$/, '') ?? '';
}

/** No browser page may read or frame an answer, no cache may keep one; there is no CORS header on purpose. */
export const privately: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set('cache-control', 'no-store');
  headers.set('x-content-type-options', 'nosniff');
  headers.set('content-security-policy', "default-src 'none'; style-src 'self'; frame-ancestors 'none'");
};
