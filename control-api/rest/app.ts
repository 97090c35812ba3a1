/** The API as an application: who calls, what they may, which verb, and the answer in the form that was asked for. */
import { type Context, Hono } from 'hono';
import type { Authenticate } from '../access/authenticate.ts';
import { may, type User } from '../access/user.ts';
import { dashboardRoutes } from '../dashboard/routes.ts';
import { ExpiredError, type ObjectStore } from '../store/objects.ts';
import type { Sealer } from '../store/sealer.ts';
import { ApiError } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';
import { readBody, readObject } from './body.ts';
import { coreVersions, groupList, resourceList, VERSION } from './discovery.ts';
import { authenticated, type Env, privately } from './guard.ts';
import { apiVersionOf, qualified, resourceOf } from './kinds.ts';
import { listBody, listHead, listOptions, listPage, selectorOf } from './list.ts';
import { metaOf } from './metadata.ts';
import { type Call, create, type PatchType, patch, read, remove, rendered, update, type Written } from './objects.ts';
import { openApiDocument, openApiIndex } from './openapi.ts';
import { type OperatorDeps, operatorRoutes } from './operator.ts';
import { watchRange, writeOptions } from './query.ts';
import { selfSubjectAccessReview, selfSubjectReview, selfSubjectRulesReview } from './reviews.ts';
import { tableOf } from './table.ts';
import { parseTarget, type Target } from './target.ts';
import { watch } from './watch.ts';

export interface Deps extends OperatorDeps {
  store: ObjectStore;
  /** Of Secrets at rest; absent: none can be kept. */
  sealer: Sealer | undefined;
  authenticate: Authenticate;
}

export function createApp(deps: Deps): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, c) => challenged(answerError(error), c.req.path));
  app.notFound(() => answerError(new ApiError('NotFound', 'the server could not find the requested resource')));
  app.use('*', privately);
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => c.text('ok'));
  app.get('/livez', (c) => c.text('ok'));
  discovery(app);
  app.route('/dashboard', dashboardRoutes(deps));
  app.use('*', authenticated(deps.authenticate));
  reviews(app);
  app.route('/bowsprit/v1', operatorRoutes(deps));
  app.all('/api/v1/*', (c) => serveObjects(c, deps));
  app.all('/apis/*', (c) => serveObjects(c, deps));
  return app;
}

const OPENAPI_V2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Discovery is open to everybody: it says only which kinds exist, which our documentation says as well. */
function discovery(app: Hono<Env>): void {
  app.get('/version', (c) => c.json(VERSION));
  app.get('/api', (c) => c.json(coreVersions()));
  app.get('/apis', (c) => c.json(groupList()));
  app.get('/api/v1', (c) => c.json(resourceList('', 'v1')));
  app.get('/apis/:group/:version', (c) => found(c, resourceList(c.req.param('group'), c.req.param('version'))));
  // kubectl falls back to the old document for versions that are not served: an empty one (protobuf) says that there is none.
  app.get('/openapi/v2', (c) => c.body('', 200, { 'content-type': OPENAPI_V2 }));
  app.get('/openapi/v3', (c) => c.json(openApiIndex()));
  app.get('/openapi/v3/*', (c) => found(c, openApiDocument(c.req.path.slice('/openapi/v3/'.length))));
}

function found(c: Context, document: Json | undefined): Response {
  if (!document) throw new ApiError('NotFound', 'the server could not find the requested resource');
  return c.json(document);
}

function reviews(app: Hono<Env>): void {
  // kubectl whoami sends protobuf; who asks is all that counts, so the body is not read.
  app.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', (c) => c.json(selfSubjectReview(c.get('user')), 201));
  app.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', async (c) =>
    c.json(selfSubjectAccessReview(c.get('user'), await readObject(c.req.raw)), 201),
  );
  app.post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', async (c) =>
    c.json(selfSubjectRulesReview(c.get('user'), await readObject(c.req.raw)), 201),
  );
}

async function serveObjects(c: Context<Env>, deps: Deps): Promise<Response> {
  const url = new URL(c.req.url);
  const target = parseTarget(url.pathname);
  const verb = verbOf(c.req.method, target, url.searchParams);
  const user = c.get('user');
  const call: Call = {
    store: deps.store,
    target,
    ...writeOptions(url.searchParams, clientName(c.req.header('user-agent'))),
    sealer: deps.sealer,
    review: (resource) => deps.publisher.review(resource),
  };
  let status = 500;
  try {
    authorise(user, verb, target);
    const response = await VERB[verb]!(c, call, url.searchParams);
    status = response.status;
    if (!READ_VERBS.has(verb) && !call.dryRun) deps.publisher.schedule(user.name);
    return response;
  } catch (error) {
    status = error instanceof ApiError ? error.status : 500;
    throw error;
  } finally {
    if (!READ_VERBS.has(verb) || status === 403) {
      deps.audit.record({
        user: user.name,
        verb,
        resource: resourceOf(target.kind),
        namespace: target.namespace,
        name: target.name ?? '',
        status,
        dryRun: call.dryRun,
      });
    }
  }
}

const READ_VERBS = new Set(['get', 'list', 'watch']);

function verbOf(method: string, target: Target, query: URLSearchParams): string {
  const isCollection = target.name === undefined;
  if (method === 'GET' || method === 'HEAD')
    return isCollection ? (query.get('watch') === 'true' || query.get('watch') === '1' ? 'watch' : 'list') : 'get';
  const verb = isCollection
    ? { POST: 'create', DELETE: 'deletecollection' }[method]
    : { PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method];
  if (!verb) throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  return verb;
}

function authorise(user: User, verb: string, target: Target): void {
  const { kind, namespace } = target;
  if (may(user, { verb, group: kind.group, resource: kind.plural, namespace })) return;
  const where = namespace ? ` in the namespace "${namespace}"` : ' at the cluster scope';
  const text = `${qualified(kind)} is forbidden: User "${user.name}" cannot ${verb} resource "${kind.plural}" in API group "${kind.group}"${where}`;
  throw new ApiError('Forbidden', text, {
    group: kind.group,
    kind: kind.plural,
    ...(target.name && { name: target.name }),
  });
}

type Handler = (c: Context<Env>, call: Call, query: URLSearchParams) => Response | Promise<Response>;

const VERB: Record<string, Handler> = {
  get: (c, call) => answerObject(c, call, read(call)),
  list: (c, call, query) => {
    const options = listOptions(query);
    if (!wantsTable(c)) return c.body(listBody(call, options), 200, { 'content-type': 'application/json' });
    const { items, metadata } = listPage(call, options);
    return c.json(tableOf(call.target.kind.kind, items, metadata));
  },
  watch: (c, call, query) => answerWatch(c, call, query),
  create: async (c, call) => answerWritten(c, call, create(call, await readObject(c.req.raw))),
  update: async (c, call) => answerWritten(c, call, update(call, await readObject(c.req.raw))),
  patch: async (c, call) => answerWritten(c, call, patch(call, patchType(c), await readBody(c.req.raw))),
  delete: async (c, call) => {
    const { preconditions, dryRun } = deleteOptions(await readBody(c.req.raw));
    return c.json(remove({ ...call, dryRun: call.dryRun || dryRun }, preconditions));
  },
  deletecollection: async (c, call, query) => {
    const dryRun = call.dryRun || deleteOptions(await readBody(c.req.raw)).dryRun;
    const options = { ...listOptions(query), limit: undefined, continueToken: undefined };
    const gone = listPage(call, options);
    for (const { metadata } of gone.items) {
      const { name, namespace = '' } = metaOf({ metadata });
      remove({ ...call, dryRun, target: { ...call.target, namespace } }, {}, name);
    }
    return c.json({ ...listHead(call, gone.metadata), items: gone.items });
  },
};

/** DeleteOptions; kubectl sends its dryRun here, not in the query. */
function deleteOptions(body: unknown): { preconditions: { uid?: string; resourceVersion?: string }; dryRun: boolean } {
  const options = isObject(body) ? body : {};
  const dryRun = Array.isArray(options.dryRun) && options.dryRun.includes('All');
  return { preconditions: isObject(options.preconditions) ? options.preconditions : {}, dryRun };
}

function answerObject(c: Context, call: Call, object: Json): Response {
  return wantsTable(c) ? c.json(tableOf(call.target.kind.kind, [object], {})) : c.json(object);
}

function answerWritten(c: Context, call: Call, written: Written): Response {
  for (const warning of written.warnings) c.header('Warning', `299 - ${JSON.stringify(warning)}`, { append: true });
  c.status(written.created ? 201 : 200);
  return answerObject(c, call, written.object);
}

function answerWatch(c: Context, call: Call, query: URLSearchParams): Response {
  const { kind, version, namespace } = call.target;
  const asTable = wantsTable(c);
  const render = (object: Json) => {
    const shown = rendered(object, call.target);
    return asTable ? tableOf(kind.kind, [shown], { resourceVersion: metaOf(shown).resourceVersion }) : shown;
  };
  const stream = watch(
    call.store,
    {
      resource: resourceOf(kind),
      apiVersion: apiVersionOf(kind.group, version),
      kind: kind.kind,
      namespace,
      selector: selectorOf(query),
      ...watchRange(query, call.store.version),
      bookmarks: query.get('allowWatchBookmarks') === 'true',
    },
    render,
  );
  // identity: compressed, the events would wait in the compressor until it is full.
  return new Response(stream, {
    headers: { 'content-type': 'application/json', 'content-encoding': 'identity', 'cache-control': 'no-store' },
  });
}

const wantsTable = (c: Context): boolean => /as=Table/.test(c.req.header('accept') ?? '');

const PATCH_TYPES: readonly string[] = [
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

function patchType(c: Context): PatchType {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim() ?? '';
  if (!PATCH_TYPES.includes(type))
    throw new ApiError('UnsupportedMediaType', `the patch type ${JSON.stringify(type)} is not supported`);
  return type as PatchType;
}

/** `kubectl/v1.32.4 (linux/amd64)` → `kubectl`: the manager's name where the client gives none. */
const clientName = (userAgent = 'unknown'): string => userAgent.split('/')[0]?.slice(0, 128) || 'unknown';

/** Only a person at the dashboard is asked for a password; kubectl would be confused. */
function challenged(answer: Response, path: string): Response {
  if (answer.status === 401 && path.startsWith('/dashboard')) {
    answer.headers.set(
      'www-authenticate',
      'Basic realm="Bowsprit: any name, and a token as the password", charset="UTF-8"',
    );
  }
  return answer;
}

function answerError(error: unknown): Response {
  if (error instanceof ExpiredError)
    return answerError(new ApiError('Expired', 'The resourceVersion for the provided watch is too old.'));
  const known = error instanceof ApiError ? error : new ApiError('InternalError', 'an internal error occurred');
  if (!(error instanceof ApiError)) console.error('control-api:', error);
  const wait = known.details?.retryAfterSeconds;
  return Response.json(known.toStatus(), {
    status: known.status,
    ...(wait !== undefined && { headers: { 'retry-after': String(wait) } }),
  });
}
