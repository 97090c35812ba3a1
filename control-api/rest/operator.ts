/** Bowsprit's own part of the API: what was published, rolling back, tokens, the audit log. Everything here is JSON. */
import { type Context, Hono } from 'hono';
import type { CounterOperations } from '../../gateway/ratelimit/counters/protocol.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { Audit } from '../access/audit.ts';
import type { Tokens } from '../access/tokens.ts';
import { type Grant, ROLES } from '../access/user.ts';
import type { Locks } from '../store/locks.ts';
import type { Publisher } from '../store/publisher.ts';
import { snapshotDiff } from '../store/snapshot-diff.ts';
import type { Snapshots } from '../store/snapshots.ts';
import { publicationStream } from '../store/stream.ts';
import { ApiError } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';
import { readObject } from './body.ts';
import { counterRoutes } from './counter-routes.ts';
import type { Env } from './guard.ts';
import { allow, record } from './operator-access.ts';
import { checkName } from './target.ts';

export interface OperatorDeps {
  snapshots: Snapshots;
  publisher: Publisher;
  tokens: Tokens;
  audit: Audit;
  locks: Locks;
  /** Where global rate limits are counted; undefined: the control process cannot reach them. */
  counters: CounterOperations | undefined;
}

const A_DAY_MS = 24 * 3600 * 1000;
const LONGEST_DAYS = 365;

/** Mounted under /bowsprit/v1, behind authentication. */
export function operatorRoutes(deps: OperatorDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/publications', (c) => {
    allow(c, 'list', 'publications');
    return c.json({ items: deps.snapshots.history(100) });
  });
  routes.get('/snapshots/:id', (c) => {
    allow(c, 'get', 'publications');
    return c.body(withoutKeys(snapshotOf(deps, c.req.param('id'))), 200, { 'content-type': 'application/json' });
  });
  routes.get('/snapshots/:from/diff/:to', (c) => {
    allow(c, 'get', 'publications');
    const [from, to] = [snapshotOf(deps, c.req.param('from')), snapshotOf(deps, c.req.param('to'))];
    return c.json({ from: from.id, to: to.id, changes: snapshotDiff(from, to) });
  });
  routes.get('/findings', (c) => {
    allow(c, 'list', 'publications');
    return c.json({ items: deps.publisher.findings });
  });
  routes.get('/live', (c) => {
    allow(c, 'watch', 'publications');
    return publicationStream(deps.snapshots, deps.publisher);
  });
  routes.post('/rollback/:id', (c) => {
    allow(c, 'update', 'publications');
    const user = c.get('user').name;
    const publication = deps.publisher.rollback(c.req.param('id'), user);
    if (!publication)
      throw new ApiError(
        'NotFound',
        `snapshot "${c.req.param('id')}" is not kept; GET /bowsprit/v1/publications lists those that are`,
      );
    record(deps, user, 'rollback', 'publications', c.req.param('id'));
    return c.json(publication);
  });
  lockRoutes(routes, deps);
  counterRoutes(routes, deps);
  accessRoutes(routes, deps);
  return routes;
}

function snapshotOf(deps: OperatorDeps, id: string) {
  const wanted = id === 'live' ? deps.snapshots.current?.snapshot : id;
  const snapshot = wanted === undefined ? undefined : deps.snapshots.get(wanted);
  if (!snapshot) throw new ApiError('NotFound', `snapshot "${id}" is not kept`);
  return snapshot;
}

/** A Snapshot may hold the private key of a client certificate for an upstream; gateways need it, nobody else. */
function withoutKeys(snapshot: Snapshot): string {
  return JSON.stringify(snapshot, (name, value) => (name === 'privateKey' ? '<write-only>' : value));
}

const LONGEST_LEASE_SECONDS = 300;

/** Of `bowsprit apply`: two of one set at once would undo each other's pruning. Whoever may write anywhere may hold one. */
function lockRoutes(routes: Hono<Env>, { locks }: OperatorDeps): void {
  routes.put('/locks/:name', async (c) => {
    requireWriter(c);
    const { holder, seconds = 30 } = await readObject(c.req.raw);
    if (typeof holder !== 'string' || !/^[\w-]{8,64}$/.test(holder))
      throw new ApiError('BadRequest', 'holder: 8 to 64 letters, digits, - and _ are needed');
    if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= LONGEST_LEASE_SECONDS))
      throw new ApiError('BadRequest', `seconds: a number up to ${LONGEST_LEASE_SECONDS} is needed`);
    const user = c.get('user').name;
    const name = checkName('lock', c.req.param('name'));
    const held = locks.take(name, { holder, user, expires: Date.now() + seconds * 1000 });
    if (!held) return c.json({ name, holder, seconds });
    const until = new Date(held.expires).toISOString();
    throw new ApiError(
      'Conflict',
      `"${name}" is being applied by ${held.user}; its lock ends at ${until} at the latest`,
    );
  });
  routes.delete('/locks/:name', (c) => {
    requireWriter(c);
    locks.release(c.req.param('name'), c.req.query('holder') ?? '');
    return c.body(null, 204);
  });
}

function requireWriter(c: Context<Env>): void {
  if (c.get('user').grants.some(({ role }) => role !== 'viewer')) return;
  throw new ApiError('Forbidden', `locks is forbidden: User "${c.get('user').name}" may write nothing`);
}

function accessRoutes(routes: Hono<Env>, deps: OperatorDeps): void {
  routes.get('/tokens', (c) => {
    allow(c, 'list', 'tokens');
    return c.json({ items: deps.tokens.list() });
  });
  routes.post('/tokens', async (c) => {
    allow(c, 'create', 'tokens');
    const { user, grants, days } = tokenRequest(await readObject(c.req.raw));
    const { secret, info } = await deps.tokens.issue(user, grants, Date.now() + days * A_DAY_MS);
    record(deps, c.get('user').name, 'create', 'tokens', info.id);
    return c.json({ ...info, token: secret }, 201);
  });
  routes.delete('/tokens/:id', (c) => {
    allow(c, 'delete', 'tokens');
    if (!deps.tokens.revoke(c.req.param('id')))
      throw new ApiError('NotFound', `tokens "${c.req.param('id')}" not found`);
    record(deps, c.get('user').name, 'delete', 'tokens', c.req.param('id'));
    return c.body(null, 204);
  });
  routes.get('/audit', (c) => {
    allow(c, 'list', 'tokens');
    return c.json({ items: deps.audit.recent(Math.min(Math.max(Number(c.req.query('limit')) || 100, 1), 1000)) });
  });
}

/** `{"user": "ci", "grants": [{"role": "editor", "namespace": "default"}], "days": 30}` */
function tokenRequest(body: Json): { user: string; grants: Grant[]; days: number } {
  const { user, grants, days = 30 } = body;
  const isGrant = (grant: unknown) =>
    isObject(grant) &&
    ROLES.includes(grant.role as never) &&
    typeof grant.namespace === 'string' &&
    grant.namespace !== '';
  if (typeof user !== 'string' || !/^[\w.@:-]{1,200}$/.test(user))
    throw new ApiError('BadRequest', 'user: a name of letters, digits and .@:-_ is needed');
  if (!Array.isArray(grants) || grants.length === 0 || !grants.every(isGrant)) {
    throw new ApiError('BadRequest', `grants: a list of {role: ${ROLES.join('|')}, namespace: NAME or *} is needed`);
  }
  if (typeof days !== 'number' || !(days > 0 && days <= LONGEST_DAYS))
    throw new ApiError('BadRequest', `days: a number up to ${LONGEST_DAYS} is needed`);
  return { user, grants: grants as Grant[], days };
}
