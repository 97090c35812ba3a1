/** Middlewares of a route, in their order, each as the part of an HTTPRoute or the object beside it that does the same. */
import type { HttpRouteSpec } from '../../compile/spec.ts';
import type { Draft } from '../draft.ts';
import { addressLimit, addressPolicy } from '../policies.ts';
import { ofKind, type Source } from '../source.ts';
import { headersOf } from './headers.ts';
import { type MiddlewareSpec, TRAEFIK } from './spec.ts';

export interface Scope {
  hosts: readonly string[];
  /** Literal prefixes that the route matches; none: all paths. */
  prefixes: readonly string[];
}
type References = readonly { name: string; namespace?: string }[];

/** Gives what is merged into the route; what has nothing like it is told. */
export function applyMiddlewares(
  draft: Draft,
  from: Source<unknown>,
  references: References,
  scope: Scope,
): HttpRouteSpec {
  const route: HttpRouteSpec = {};
  for (const { name, namespace = from.namespace } of references) {
    const found = ofKind<MiddlewareSpec>(draft.sources, TRAEFIK, 'Middleware').find(
      (source) => source.name === name && source.namespace === namespace,
    );
    if (found) Object.assign(route, mergeHeaders(route, partsOf(draft, found, scope)));
    else draft.leave(from, ['spec', 'routes'], `the Middleware ${namespace}/${name} is not there`);
  }
  return route;
}

/** Two middlewares may both set headers. */
function mergeHeaders({ headers }: HttpRouteSpec, added: HttpRouteSpec): HttpRouteSpec {
  if (!headers || !added.headers) return added;
  const both = (side: 'request' | 'response') => {
    const { set, remove } = headers[side] ?? {};
    const more = added.headers![side] ?? {};
    return { set: { ...set, ...more.set }, remove: [...(remove ?? []), ...(more.remove ?? [])] };
  };
  return { ...added, headers: { request: both('request'), response: both('response') } };
}

function partsOf(draft: Draft, source: Source<MiddlewareSpec>, scope: Scope): HttpRouteSpec {
  let route: HttpRouteSpec = {};
  for (const [kind, value] of Object.entries(source.spec)) {
    const carry = CARRY[kind as keyof MiddlewareSpec] as Carry | undefined;
    if (carry) route = { ...route, ...carry(value, { draft, source, scope }) };
    else draft.leave(source, ['spec', kind], `${kind}: there is nothing like it in Istio's API`);
  }
  return route;
}

interface Context {
  draft: Draft;
  source: Source<MiddlewareSpec>;
  scope: Scope;
}
type Carry<Value = unknown> = (value: Value, context: Context) => HttpRouteSpec;

const rewriting = (match: string, rewrite: string): HttpRouteSpec => ({
  rewrite: { uriRegexRewrite: { match, rewrite } },
});
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const CARRY: { [Kind in keyof MiddlewareSpec]: Carry<NonNullable<MiddlewareSpec[Kind]>> } = {
  addPrefix: ({ prefix }) => rewriting('^/(.*)$', `${prefix}/\\1`),
  stripPrefix: ({ prefixes }) => rewriting(`^(?:${prefixes.map(escaped).join('|')})/?(.*)$`, '/\\1'),
  replacePath: ({ path }) => rewriting('^.*$', path),
  replacePathRegex: ({ regex, replacement }) => rewriting(regex, replacement.replace(/\$\{?(\d)\}?/g, '\\$1')),
  redirectScheme: ({ scheme, port, permanent }) => ({
    redirect: { scheme, redirectCode: permanent ? 301 : 302, ...(port && { port: Number(port) }) },
  }),
  headers: headersOf,
  ipAllowList: allowOnly,
  ipWhiteList: allowOnly,
  rateLimit: limit,
  retry: ({ attempts }) => ({ retries: { attempts, retryOn: 'connect-failure,refused-stream,reset-before-request' } }),
  chain: ({ middlewares }, { draft, source, scope }) => applyMiddlewares(draft, source, middlewares, scope),
};

function allowOnly({ sourceRange }: { sourceRange: string[] }, { draft, source, scope }: Context): HttpRouteSpec {
  const name = `${source.namespace}-${source.name}`;
  draft.add(addressPolicy({ name, ...scope, blocks: sourceRange, kind: 'only' }));
  return {};
}

/** Traefik's `average` is for one client address in one `period`, a second unless said. */
function limit({ average = 0, period = '1s' }: { average?: number; period?: string }, context: Context): HttpRouteSpec {
  const { draft, source, scope } = context;
  const unit = ({ '1s': 'second', '1m': 'minute', '1h': 'hour' } as const)[period];
  if (!unit)
    draft.leave(
      source,
      ['spec', 'rateLimit', 'period'],
      `the period ${period}: limits are for a second, a minute or an hour`,
    );
  if (!unit || average === 0) return {};
  const { name, namespace } = source;
  draft.add(addressLimit({ name, namespace, ...scope, requests: average, unit }));
  return {};
}
