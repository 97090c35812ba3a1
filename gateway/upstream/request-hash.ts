/** The hash of a request for consistent hashing (Envoy: RouteAction.hash_policy), and the cookie that carries it. */
import type { Exchange } from '../exchange.ts';
import type { HashPolicy } from '../snapshot.ts';
import { hostKey } from './balance/host.ts';
import { type Hash64, hex, xxHash64 } from './balance/xxhash64.ts';

/** Set-Cookie lines to put on the answer are pushed to `cookies`. */
export type RequestHash = (exchange: Exchange, cookies: string[]) => Hash64 | undefined;

/** undefined when there is no policy: the balancer draws. Several policies are mixed as Envoy mixes them. */
export function foldRequestHash(policies: readonly HashPolicy[] | undefined): RequestHash | undefined {
  if (!policies?.length) return undefined;
  const parts = policies.map(foldPolicy);
  if (parts.length === 1) return parts[0];
  return (exchange, cookies) =>
    parts.reduce<Hash64 | undefined>((mixed, part) => {
      const next = part(exchange, cookies);
      return next === undefined ? mixed : mix(mixed, next);
    }, undefined);
}

/** rotl(old, 1) ^ next, so that equal parts do not cancel each other out. */
function mix(old: Hash64 | undefined, next: Hash64): Hash64 {
  if (old === undefined) return next;
  return {
    hi: (((old.hi << 1) | (old.lo >>> 31)) ^ next.hi) >>> 0,
    lo: (((old.lo << 1) | (old.hi >>> 31)) ^ next.lo) >>> 0,
  };
}

function foldPolicy(policy: HashPolicy): RequestHash {
  switch (policy.kind) {
    case 'header':
      return (exchange) => hashOf(headerValue(exchange, policy.name.toLowerCase()));
    case 'queryParameter':
      return (exchange) => hashOf(queryParameter(exchange.path, policy.name));
    case 'sourceIp':
      return (exchange) => hashOf(exchange.clientAddress);
    case 'cookie':
      return foldCookie(policy);
  }
}

const hashOf = (text: string | null | undefined): Hash64 | undefined =>
  text === null || text === undefined ? undefined : xxHash64(text);

function headerValue({ requestHeaders, authority, path, method, scheme }: Exchange, name: string): string | null {
  switch (name) {
    case ':authority':
    case 'host':
      return authority;
    case ':path':
      return path;
    case ':method':
      return method;
    case ':scheme':
      return scheme;
    default:
      return requestHeaders.get(name);
  }
}

/** The first one of that name, as it stands in the URL; without `=` it is empty. */
function queryParameter(path: string, name: string): string | undefined {
  const start = path.indexOf('?');
  if (start < 0) return undefined;
  for (const pair of path.slice(start + 1).split('&')) {
    const equals = pair.indexOf('=');
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1);
  }
  return undefined;
}

type CookiePolicy = Extract<HashPolicy, { kind: 'cookie' }>;

/** A client without the cookie gets one when there is a ttl: the hash of its connection's two addresses, as in Envoy. */
function foldCookie(policy: CookiePolicy): RequestHash {
  const attributes = cookieAttributes(policy);
  return (exchange, cookies) => {
    const given = cookieValue(exchange.requestHeaders.get('cookie'), policy.name);
    if (given) return xxHash64(given);
    if (policy.ttlMs === undefined) return undefined;
    const value = hex(xxHash64(`${hostKey(exchange.peer)}${exchange.listener.name}`));
    cookies.push(`${policy.name}="${value}"${attributes}`);
    return xxHash64(value);
  };
}

function cookieAttributes({ path, ttlMs = 0, attributes = [] }: CookiePolicy): string {
  const age = Math.floor(ttlMs / 1000);
  const further = attributes.map(({ name, value }) => (value ? `; ${name}=${value}` : `; ${name}`)).join('');
  return `${age > 0 ? `; Max-Age=${age}` : ''}${path ? `; Path=${path}` : ''}${further}; HttpOnly`;
}

/** The runtime joins several Cookie lines with a comma. Quotes around the value are not part of it. */
export function cookieValue(header: string | null, name: string): string | undefined {
  if (header === null) return undefined;
  for (const pair of header.split(/[;,]/)) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    return pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}
