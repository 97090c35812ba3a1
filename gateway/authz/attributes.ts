/** Reads what AuthorizationPolicies may ask about: each attribute as the list of texts it has in this request. */
import { claimTexts, effectiveClaims } from '../authn/claims.ts';
import type { Exchange } from '../exchange.ts';
import { addressKey } from './address.ts';

/** Empty: the request has no such attribute, so that no value matches and every "not" holds. */
export type Read = (exchange: Exchange) => readonly string[];

const NONE: readonly string[] = [];
const listed = (text: string | undefined | null): readonly string[] => (text == null ? NONE : [text]);

const PLAIN: Record<string, Read> = {
  host: ({ authority }) => [authority],
  method: ({ method }) => [method],
  path: ({ path }) => [withoutQuery(path)],
  port: ({ listener }) => [String(listener.port)],
  'destination.port': ({ listener }) => [String(listener.port)],
  'source.ip': ({ peer }) => listed(addressKey(peer.address)),
  'remote.ip': ({ clientAddress }) => listed(addressKey(clientAddress)),
  'source.principal': ({ peer }) => listed(peer.principal),
  'connection.sni': ({ serverName }) => listed(serverName),
  'request.auth.principal': (exchange) => listed(principalOf(exchange)),
  any: () => [''],
};

/** The reader of an attribute; one that the edge cannot know has no value (the compiler says so). */
export function readerOf(attribute: string): Read {
  if (Object.hasOwn(PLAIN, attribute)) return PLAIN[attribute]!;
  if (attribute.startsWith('request.headers[')) return headerReader(attribute.slice(16, -1).toLowerCase());
  if (attribute.startsWith('request.auth.claims[')) return claimReader(attribute.slice(19));
  if (attribute.startsWith('experimental.envoy.filters.')) return metadataReader(attribute);
  return () => NONE;
}

/** Separates issuer and subject; neither can hold it, for JSON text with it would have to be escaped on purpose. */
export const PRINCIPAL_SEPARATOR = '\u0000';

/** Both parts of a verified token, or nothing: a token without a subject has no principal (captured). */
function principalOf(exchange: Exchange): string | undefined {
  const claims = effectiveClaims(exchange);
  const { iss, sub } = claims ?? {};
  if (typeof iss !== 'string' || typeof sub !== 'string') return undefined;
  return iss.includes(PRINCIPAL_SEPARATOR) ? undefined : iss + PRINCIPAL_SEPARATOR + sub;
}

function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

const PSEUDO: Record<string, (exchange: Exchange) => string> = {
  ':authority': ({ authority }) => authority,
  host: ({ authority }) => authority,
  ':method': ({ method }) => method,
  ':path': ({ path }) => path,
  ':scheme': ({ scheme }) => scheme,
};

/**
 * A repeated header reaches us as one text joined by ", ", while Envoy looks at each line. Both the whole and the parts
 * are given: a single line that holds ", " is then seen as Envoy sees it, and so are several lines.
 */
function headerReader(name: string): Read {
  const pseudo = Object.hasOwn(PSEUDO, name) ? PSEUDO[name]! : undefined;
  if (pseudo) return (exchange) => [pseudo(exchange)];
  return ({ requestHeaders }) => {
    const value = requestHeaders.get(name);
    if (value === null) return NONE;
    return value.includes(', ') ? [value, ...value.split(', ')] : [value];
  };
}

/** `[a][b]` is a path; brackets that do not follow one another so belong to the one name between the first and the last. */
function claimReader(brackets: string): Read {
  const isPath = /^(\[[^[\]]*\])+$/.test(brackets);
  const names = (isPath ? brackets.slice(1, -1).split('][') : [brackets.slice(1, -1)]) as readonly string[];
  return (exchange) => claimTexts(effectiveClaims(exchange), names);
}

/** `experimental.envoy.filters.http.x[key]`: text, or the texts of a list, that a filter left as metadata. */
function metadataReader(attribute: string): Read {
  const open = attribute.indexOf('[');
  const filter = attribute.slice('experimental.'.length, open);
  const key = attribute.slice(open + 1, -1);
  return ({ metadata }) => {
    const value = metadata.get(filter)?.[key];
    if (typeof value === 'string') return [value];
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : NONE;
  };
}
