/** Redirect routes (Envoy RouteEntryImplBase::newUri, as captured in redirect/* and hosts/https-redirect). */
import type { Exchange, LocalReply } from '../exchange.ts';
import type { RedirectAction, RouteMatch } from '../snapshot.ts';
import { replacePrefix, splitQuery } from './rewrite.ts';
import { TLS_REDIRECT } from './tls-redirect.ts';

/** The answer carries only a Location; the path is what it was unless the route says otherwise, the query is kept. */
export function foldRedirect(action: RedirectAction, match: RouteMatch): (exchange: Exchange) => LocalReply {
  const locate = action === TLS_REDIRECT.action ? tlsLocation : (x: Exchange) => locationOf(x, action, match);
  return (exchange) => ({
    status: action.status,
    body: '',
    headers: [['location', locate(exchange)]],
    details: 'direct_response',
    ofRoute: true,
  });
}

/** Unlike an ordinary redirect this one keeps the authority as it is, `:80` too. */
function tlsLocation(exchange: Exchange): string {
  return `https://${exchange.authority}${exchange.path}`;
}

function locationOf(exchange: Exchange, action: RedirectAction, match: RouteMatch): string {
  const scheme = action.scheme ?? exchange.scheme;
  return `${scheme}://${authorityOf(exchange, action, scheme)}${pathOf(exchange.path, action, match)}`;
}

/** The request's own port stays, unless the scheme changes away from the one whose default it is (Envoy: processRequestHost). */
function authorityOf(exchange: Exchange, action: RedirectAction, scheme: string): string {
  const { host, port } = splitPort(exchange.authority);
  if (action.port !== undefined) return `${action.authority ?? host}:${action.port}`;
  if (action.authority !== undefined) return action.authority;
  const obsolete = scheme !== exchange.scheme && port === (exchange.scheme === 'https' ? ':443' : ':80');
  return obsolete ? host : exchange.authority;
}

function splitPort(authority: string): { host: string; port: string } {
  const colon = authority.lastIndexOf(':');
  if (colon < 0 || authority.endsWith(']')) return { host: authority, port: '' };
  return { host: authority.slice(0, colon), port: authority.slice(colon) };
}

/** A replacement with its own `?` drops the client's query. */
function pathOf(pathAndQuery: string, action: RedirectAction, match: RouteMatch): string {
  const [path, query] = splitQuery(pathAndQuery);
  if (action.path !== undefined) {
    const replaced = action.path.startsWith('/') ? action.path : `/${action.path}`;
    return replaced.includes('?') ? replaced : replaced + query;
  }
  if (action.prefixRewrite !== undefined) return replacePrefix(path, match, action.prefixRewrite) + query;
  return pathAndQuery;
}
