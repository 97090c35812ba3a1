/** Cross-origin requests (envoy.filters.http.cors as Istio configures it, on forwarding routes only). */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { Phase, Step } from '../phases.ts';
import { type Test, testOf } from '../route/string-matcher.ts';
import type { Cors, Route, StringMatch } from '../snapshot.ts';

/** An origin pattern that takes the text `*` takes every origin; that is how Envoy reads `exact: "*"`. */
function originTest(match: StringMatch): Test {
  const test = testOf(match);
  return test('*') ? () => true : test;
}

/** Method and headers asked for are not checked; an empty header value is as good as none. */
function isPreflight({ method, requestHeaders }: Exchange): boolean {
  return method === 'OPTIONS' && !!requestHeaders.get('access-control-request-method');
}

/** The configured list, or what the client asked for when the list is `*`. */
const listOrAsked = (list: string, exchange: Exchange, asked: string): string =>
  list === '*' ? (exchange.requestHeaders.get(asked) ?? '') : list;

/** The answer to a preflight; without `origin` it allows nobody (unmatchedPreflights: IGNORE). */
function preflightReply(cors: Cors, exchange: Exchange, origin: string | undefined): LocalReply {
  const headers: [string, string][] = [];
  if (origin !== undefined) headers.push(['access-control-allow-origin', origin]);
  if (cors.allowCredentials) headers.push(['access-control-allow-credentials', 'true']);
  if (cors.allowMethods)
    headers.push([
      'access-control-allow-methods',
      listOrAsked(cors.allowMethods, exchange, 'access-control-request-method'),
    ]);
  if (cors.allowHeaders)
    headers.push([
      'access-control-allow-headers',
      listOrAsked(cors.allowHeaders, exchange, 'access-control-request-headers'),
    ]);
  if (cors.exposeHeaders && origin !== undefined) headers.push(['access-control-expose-headers', cors.exposeHeaders]);
  if (cors.maxAge) headers.push(['access-control-max-age', cors.maxAge]);
  return { status: 200, body: '', headers, details: 'cors_response', bare: true };
}

function foldCors(cors: Cors): Step {
  const tests = cors.allowOrigins.map(originTest);
  const allowed = (origin: string) => tests.some((test) => test(origin));
  /** The allowed origin of each request under way: the router may change the header before the answer comes. */
  const origins = new WeakMap<Exchange, string>();
  return {
    request(exchange): Verdict {
      const origin = exchange.requestHeaders.get('origin');
      if (!origin) return undefined;
      if (allowed(origin)) {
        if (isPreflight(exchange)) return preflightReply(cors, exchange, origin);
        origins.set(exchange, origin);
      } else if (!cors.forwardNotMatchingPreflights && isPreflight(exchange)) {
        return preflightReply(cors, exchange, undefined);
      }
      return undefined;
    },
    response(exchange) {
      const origin = origins.get(exchange);
      if (origin === undefined) return;
      const headers = exchange.responseHeaders;
      headers.set('access-control-allow-origin', origin);
      if (cors.allowCredentials) headers.set('access-control-allow-credentials', 'true');
      if (cors.exposeHeaders) headers.set('access-control-expose-headers', cors.exposeHeaders);
    },
  };
}

const folds = (route: Route | undefined): Step[] =>
  route?.cors && route.action.kind === 'forward' ? [foldCors(route.cors)] : [];

export const corsPhase: Phase = {
  name: 'cors',
  reason: 'After authentication, authorisation and fault, which answer preflights too; before anything goes upstream.',
  fold: ({ route }) => folds(route),
};
