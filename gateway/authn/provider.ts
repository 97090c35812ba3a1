/** One jwtRule folded: where its tokens are, who may be meant, whose keys count, and the tokens it has verified. */
import type { Exchange } from '../exchange.ts';
import type { JwtProvider } from '../snapshot.ts';
import { callOut } from '../upstream/call-out.ts';
import { audienceCheck } from './audience.ts';
import { normaliseClaims } from './claims.ts';
import { discoveryUrl, fetchDiscovered } from './discovery.ts';
import { type Fetch, fetchDocument } from './fetch-document.ts';
import { inlineKeys, type KeyContext, type KeySource } from './key-source.ts';
import { type FoundToken, findTokens, locationsOf } from './locations.ts';
import { outputNames, outputsOf, writeOutputs } from './outputs.ts';
import { remoteKeys } from './remote-keys.ts';
import { hasKeyFor, type Verified, verifySignature } from './signature.ts';
import type { Status } from './status.ts';
import { checkTime, parseToken, type Token } from './token.ts';
import { type CachedToken, type TokenCache, tokenCache } from './token-cache.ts';

export interface FoldedProvider {
  config: JwtProvider;
  /** Also takes away the rule's own headers: those of an earlier try at this rule do not count (Envoy 1.40). */
  find(exchange: Exchange): FoundToken[];
  /** Checks one token, and when it is good gives its headers, takes it out and publishes its claims. */
  check(exchange: Exchange, found: FoundToken): Status | Promise<Status>;
}

/** One source for each issuer of this isolate, whichever Snapshot asks: a new configuration does not fetch again. */
const sources = new Map<string, KeySource>();

function sourceOf(config: JwtProvider): KeySource {
  if (config.jwks !== undefined) return inlineKeys(config.jwks);
  const { jwksUri, jwksCluster = '', issuer, timeoutMs } = config;
  const name = jwksUri ?? discoveryUrl(issuer) ?? issuer;
  const key = `${timeoutMs} ${jwksCluster} ${name}`;
  let source = sources.get(key);
  if (!source) {
    const load = (limit: number, fetch: Fetch, fetchAbroad?: Fetch) =>
      jwksUri ? fetchDocument(jwksUri, limit, fetch) : fetchDiscovered(issuer, limit, fetch, fetchAbroad);
    source = remoteKeys({ name, timeoutMs, load });
    sources.set(key, source);
  }
  return source;
}

export function foldProvider(config: JwtProvider, source: KeySource = sourceOf(config)): FoldedProvider {
  const cache = tokenCache();
  const locations = locationsOf(config);
  const audiences = audienceCheck(config.audiences);
  const outputs = outputNames([config]);
  return {
    config,
    find(exchange) {
      for (const name of outputs) if (exchange.requestHeaders.has(name)) exchange.requestHeaders.remove(name);
      return findTokens(locations, exchange);
    },
    check(exchange, found) {
      const now = Math.floor(exchange.startTime / 1_000);
      const cached = cache.get(found.text);
      if (cached) return checkCached(exchange, config, found, cached, cache, now);
      const token = parseToken(found.text);
      if (typeof token === 'string') return token;
      if (token.iss !== config.issuer) return 'JwtUnknownIssuer';
      const time = checkTime(token, now);
      if (time !== 'Ok') return time;
      if (!audiences(token.audiences)) return 'JwtAudienceNotAllowed';
      return verify(token, source, keyContext(exchange, config.jwksCluster)).then(({ status, key }) => {
        if (!key) return status;
        const { nbf, exp } = token;
        const claims = normaliseClaims(token.claims, config.spaceDelimitedClaims);
        const good: CachedToken = { claims, nbf, exp, key, outputs: outputsOf(config, token) };
        cache.set(found.text, good);
        accept(exchange, config, found, good);
        return 'Ok';
      });
    },
  };
}

function checkCached(
  exchange: Exchange,
  config: JwtProvider,
  found: FoundToken,
  cached: CachedToken,
  cache: TokenCache,
  now: number,
): Status {
  const time = checkTime(cached, now);
  if (time === 'Ok') accept(exchange, config, found, cached);
  else cache.delete(found.text);
  return time;
}

async function verify(token: Token, source: KeySource, context: KeyContext): Promise<Verified> {
  let keys = await source.keys(context);
  if (!hasKeyFor(token, keys)) keys = (await source.renew(context)) ?? keys;
  // An issuer that cannot be asked: Istio then configures a key that verifies nothing (captured: jwks-uri-unreachable).
  return keys.length === 0 ? { status: 'JwtVerificationFail' } : verifySignature(token, keys);
}

/** The last token that passes is the one whose claims count, as in Envoy's dynamic metadata. */
function accept(exchange: Exchange, config: JwtProvider, found: FoundToken, good: CachedToken): void {
  writeOutputs(exchange, good.outputs);
  if (!config.forwardOriginalToken) found.remove(exchange);
  exchange.verified.clear();
  exchange.verified.set('payload', good.claims);
}

function keyContext(exchange: Exchange, cluster: string | undefined): KeyContext {
  return {
    now: exchange.startTime,
    fetch: wayOut(exchange, cluster),
    fetchAbroad: through(exchange.env.PUBLIC ?? exchange.env.INTERNET),
    waitUntil: (promise) => exchange.waitUntil(promise),
  };
}

/** To the service that holds the keys, where it is one of the cluster's; else to the world. */
function wayOut(exchange: Exchange, clusterName: string | undefined): Fetch {
  const cluster = clusterName === undefined ? undefined : exchange.snapshot.clusters[clusterName];
  const endpoint = cluster?.endpoints[Math.floor(Math.random() * cluster.endpoints.length)];
  if (!cluster || !endpoint) return through(exchange.env.INTERNET);
  return (url, init) => callOut(exchange, cluster, endpoint, url, init);
}

/** The platform's own fetch where nothing is bound. */
function through(service: unknown): Fetch {
  const fetcher = service as { fetch: Fetch } | undefined;
  return fetcher ? (url, init) => fetcher.fetch(url, init) : (url, init) => fetch(url, init);
}
