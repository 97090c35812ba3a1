/** GET /dashboard, for people: read-only, so that nothing a browser is tricked into can change anything. */
import { Hono } from 'hono';
import type { Authenticate } from '../access/authenticate.ts';
import { may } from '../access/user.ts';
import { ApiError } from '../rest/api-error.ts';
import type { Json } from '../rest/apply/fields.ts';
import { authenticated, type Env } from '../rest/guard.ts';
import { KINDS, resourceOf } from '../rest/kinds.ts';
import { metaOf } from '../rest/metadata.ts';
import type { ObjectStore } from '../store/objects.ts';
import type { Publisher } from '../store/publisher.ts';
import type { Snapshots } from '../store/snapshots.ts';
import { type ObjectRow, page } from './page.ts';
import { STYLE } from './style.ts';

interface DashboardDeps {
  store: ObjectStore;
  snapshots: Snapshots;
  publisher: Publisher;
  authenticate: Authenticate;
}

const SHOWN_OBJECTS = 500;
const SHOWN_FINDINGS = 200;
/** Their contents or their number are nobody's business here. */
const NOT_SHOWN = ['Secret', 'Event', 'Namespace'];

/** Mounted at /dashboard. A browser asks for the token as the password of any user name. */
export function dashboardRoutes(deps: DashboardDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.use(
    '*',
    authenticated((request) => deps.authenticate(withBearer(request))),
  );
  routes.use('*', async (c, next) => {
    if (!may(c.get('user'), { verb: 'list', group: 'bowsprit.dev', resource: 'publications', namespace: '' }))
      throw new ApiError('Forbidden', 'the dashboard shows every namespace: a role for * is needed');
    await next();
  });
  routes.get('/style.css', (c) => c.text(STYLE, 200, { 'content-type': 'text/css; charset=utf-8' }));
  routes.get('/', (c) => {
    const kinds = KINDS.filter(({ kind }) => !NOT_SHOWN.includes(kind));
    const data = {
      user: c.get('user').name,
      publications: deps.snapshots.history(20),
      findings: deps.publisher.findings.slice(0, SHOWN_FINDINGS),
      objects: [...firstObjects(deps.store)],
      total: kinds.reduce((sum, kind) => sum + deps.store.count(resourceOf(kind)), 0),
    };
    return c.html(page(data));
  });
  return routes;
}

/** Basic credentials are read here alone: the API itself takes tokens as tokens only. */
function withBearer(request: Request): Request {
  const [, encoded] = /^Basic\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (encoded === undefined) return request;
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${passwordIn(encoded)}`);
  return new Request(request.url, { headers });
}

function passwordIn(encoded: string): string {
  try {
    const text = atob(encoded);
    return text.slice(text.indexOf(':') + 1);
  } catch {
    return '';
  }
}

function* firstObjects(store: ObjectStore): Generator<ObjectRow> {
  let left = SHOWN_OBJECTS;
  for (const kind of KINDS.filter((one) => !NOT_SHOWN.includes(one.kind))) {
    for (const object of store.list(resourceOf(kind), '', undefined, left)) {
      yield rowOf(kind.kind, object);
      left--;
    }
    if (left <= 0) return;
  }
}

function rowOf(kind: string, object: Json): ObjectRow {
  const { name, namespace = '' } = metaOf(object);
  const { conditions = [] } = (object.status ?? {}) as { conditions?: Record<string, string>[] };
  const condition = (type: string) => conditions.find((one) => one.type === type);
  const programmed = condition('Programmed');
  const accepted = condition('Accepted');
  return {
    ...{ kind, namespace, name },
    accepted: accepted?.status ?? '',
    programmed: programmed?.status ?? '',
    reason: programmed?.reason ?? '',
    message: (accepted?.status === 'False' ? accepted : programmed)?.message ?? '',
  };
}
