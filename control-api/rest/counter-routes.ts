/** The counters of global rate limits over the API: who may read may look, a reset is a write and stands in the audit log. */
import type { Hono } from 'hono';
import type { CounterOperations } from '../../gateway/ratelimit/counters/protocol.ts';
import type { Audit } from '../access/audit.ts';
import { ApiError } from './api-error.ts';
import type { Env } from './guard.ts';
import { allow, record } from './operator-access.ts';

const MOST = 1000;

export interface CounterDeps {
  /** Where global rate limits are counted; undefined: the control process cannot reach them. */
  counters: CounterOperations | undefined;
  audit: Audit;
}

/** GET /counters?prefix=&most= shows the open windows, the highest counts first; DELETE /counters?name= sets one counter back. */
export function counterRoutes(routes: Hono<Env>, deps: CounterDeps): void {
  routes.get('/counters', async (c) => {
    allow(c, 'list', 'counters');
    const most = Math.min(Number(c.req.query('most') ?? 100) || 100, MOST);
    return c.json({ items: await counters(deps).usage(c.req.query('prefix') ?? '', seconds(), most) });
  });
  routes.delete('/counters', async (c) => {
    allow(c, 'delete', 'counters');
    const name = c.req.query('name') ?? '';
    const items = await counters(deps).reset(name, seconds());
    if (items.length === 0) throw new ApiError('NotFound', `counter "${name}" has no open window`);
    record(deps, c.get('user').name, 'delete', 'counters', name);
    return c.json({ items });
  });
}

const seconds = (): number => Math.floor(Date.now() / 1000);

function counters({ counters: known }: CounterDeps): CounterOperations {
  if (known) return known;
  throw new ApiError('NotFound', 'this API has no way to the counters');
}
