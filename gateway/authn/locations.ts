/** Where a rule looks for tokens, and how a verified one is taken away again. Folded once for each rule. */
import type { Exchange } from '../exchange.ts';
import type { JwtProvider } from '../snapshot.ts';
import { queryValue, removeQueryValue } from './query.ts';

/** One token found in a request. */
export interface FoundToken {
  text: string;
  /** Takes it out of what the upstream sees. Cookies are never touched (captured: jwt/forward-from-cookie). */
  remove(exchange: Exchange): void;
}

interface Location {
  find(exchange: Exchange, found: FoundToken[]): void;
}

/** The places of one rule, in Envoy's order: headers by name and prefix, then parameters, then cookies, by name. */
export function locationsOf(provider: JwtProvider): Location[] {
  const { fromHeaders, fromParams, fromCookies } = provider;
  if (fromHeaders.length + fromParams.length + fromCookies.length === 0) {
    return [headerLocation('authorization', 'Bearer '), paramLocation('access_token')];
  }
  const headers = new Map(fromHeaders.map((from) => [from.name.toLowerCase() + from.prefix, from]));
  return [
    ...sorted([...headers.keys()]).map((key) => {
      const { name, prefix } = headers.get(key)!;
      return headerLocation(name.toLowerCase(), prefix);
    }),
    ...sorted(new Set(fromParams)).map(paramLocation),
    ...sorted(new Set(fromCookies)).map(cookieLocation),
  ];
}

function sorted(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Every token that the locations find. All of them must pass: one bad token spoils a good one (captured). */
export function findTokens(locations: readonly Location[], exchange: Exchange): FoundToken[] {
  const found: FoundToken[] = [];
  for (const location of locations) location.find(exchange, found);
  return found;
}

function headerLocation(name: string, prefix: string): Location {
  const remove = (exchange: Exchange) => exchange.requestHeaders.remove(name);
  return {
    find(exchange, found) {
      const value = exchange.requestHeaders.get(name);
      if (value === null) return;
      for (const line of linesOf(name, value)) {
        const text = prefix === '' ? line : afterPrefix(line, prefix);
        if (text !== undefined) found.push({ text, remove });
      }
    },
  };
}

/** Lines of a repeated header reach us joined by ", ", which no token holds. Envoy itself joins Authorization. */
function linesOf(name: string, value: string): string[] {
  return name === 'authorization' || !value.includes(', ') ? [value] : value.split(', ');
}

/** From the first character of a token after the prefix, wherever the prefix stands (captured: jwt/from-headers). */
function afterPrefix(value: string, prefix: string): string | undefined {
  const at = value.indexOf(prefix);
  if (at < 0) return undefined;
  const start = at + prefix.length;
  // A token nearly always begins right there; `eyJ` is how the JSON of its header begins.
  if (value.startsWith('eyJ', start)) return value.slice(start);
  const skipped = value.slice(start).search(/[\w.-]/);
  return skipped < 0 ? value : value.slice(start + skipped);
}

function paramLocation(name: string): Location {
  const remove = (exchange: Exchange) => {
    exchange.path = removeQueryValue(exchange.path, name);
  };
  return {
    find(exchange, found) {
      const text = queryValue(exchange.path, name);
      if (text !== undefined) found.push({ text, remove });
    },
  };
}

function cookieLocation(name: string): Location {
  return {
    find(exchange, found) {
      const text = cookieValue(exchange.requestHeaders.get('cookie'), name);
      if (text !== undefined) found.push({ text, remove: () => {} });
    },
  };
}

/** First cookie of that name; quotes around the value are dropped. Cookie lines arrive joined by ", " from workerd. */
function cookieValue(header: string | null, name: string): string | undefined {
  for (const part of header?.split(/;|, /) ?? []) {
    const equals = part.indexOf('=');
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
    const value = part.slice(equals + 1).trim();
    return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  }
  return undefined;
}
