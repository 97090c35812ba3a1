/** What every call of Bowsprit's own part of the API does: ask whether it may, and write down what it changed. */
import type { Context } from 'hono';
import type { Audit } from '../access/audit.ts';
import { may } from '../access/user.ts';
import { ApiError } from './api-error.ts';
import type { Env } from './guard.ts';

const GROUP = 'access.bowsprit.dev';

/** Publications are of every namespace together, so a grant on one of them is not enough to see or move them. */
export function allow(c: Context<Env>, verb: string, resource: 'publications' | 'tokens' | 'counters'): void {
  const group = resource === 'tokens' ? GROUP : 'bowsprit.dev';
  const admin = resource === 'tokens' ? 'create' : verb;
  if (may(c.get('user'), { verb: admin, group, resource, namespace: '' })) return;
  throw new ApiError(
    'Forbidden',
    `${resource} is forbidden: User "${c.get('user').name}" cannot ${verb} resource "${resource}" at the cluster scope`,
  );
}

/** Into the audit log. */
export function record(deps: { audit: Audit }, user: string, verb: string, resource: string, name: string): void {
  deps.audit.record({
    user,
    verb,
    resource: `bowsprit.dev/${resource}`,
    namespace: '',
    name,
    status: 200,
    dryRun: false,
  });
}
