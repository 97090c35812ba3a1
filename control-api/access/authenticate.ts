/** From a request to a user. Credentials come in the Authorization header only, never in the URL, where logs would keep them. */
import { TOKEN_PREFIX, type Tokens } from './tokens.ts';
import type { User } from './user.ts';

export function authenticator(tokens: Tokens): (request: Request) => Promise<User | undefined> {
  return async (request) => {
    const [, secret] = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    return secret?.startsWith(TOKEN_PREFIX) ? tokens.verify(secret) : undefined;
  };
}
