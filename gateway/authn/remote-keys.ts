/**
 * The keys of one issuer in this isolate. One fetch at a time; requests wait only while there are no keys at all; keys
 * are renewed in the background before they grow old, and the last good ones serve for as long as the issuer is down.
 */
import type { Fetch, FetchedDocument } from './fetch-document.ts';
import { type PublicKey, readKeySet } from './jwks.ts';
import type { KeyContext, KeySource } from './key-source.ts';
import { type SharedCache, sharedCache } from './shared-cache.ts';

/** An issuer that publishes more keys is broken or hostile. */
const MAX_KEYS = 100;

/** Istio's istiod asks an issuer every 20 minutes; an issuer may ask for less with max-age, never for under a minute. */
const DEFAULT_AGE = 20 * 60_000;
const MIN_AGE = 60_000;
/** Part of the age after which the background refresh starts. */
const REFRESH_AT = 0.75;
/** An unknown kid may be a new key, or an attacker: it makes us ask at most this often. */
const UNKNOWN_KID_INTERVAL = 30_000;
/** After a failure the issuer is left alone for a second, then two, … at most this long. */
const MAX_BACKOFF = 30_000;

export interface RemoteOptions {
  /** Names the source in the shared cache: the URL, or the issuer for discovery. */
  name: string;
  timeoutMs: number;
  load(timeoutMs: number, fetch: Fetch, fetchAbroad?: Fetch): Promise<FetchedDocument>;
  cache?: SharedCache;
}

interface State {
  keys: PublicKey[];
  fetchedAt: number;
  age: number;
  failures: number;
  /** When the last try began, whatever came of it. */
  triedAt: number;
  fetching?: Promise<void> | undefined;
}

export function remoteKeys(options: RemoteOptions): KeySource {
  const state: State = { keys: [], fetchedAt: 0, age: DEFAULT_AGE, failures: 0, triedAt: Number.NEGATIVE_INFINITY };
  const refreshed = async (context: KeyContext) => {
    await patiently(refresh(options, state, context), options.timeoutMs);
    return state.keys;
  };
  return {
    keys(context) {
      if (state.keys.length === 0) return mayTry(state, context.now) ? refreshed(context) : state.keys;
      if (context.now - state.fetchedAt > state.age * REFRESH_AT && mayTry(state, context.now)) {
        context.waitUntil(refresh(options, state, context));
      }
      return state.keys;
    },
    renew(context) {
      if (state.fetching) return refreshed(context);
      return context.now - state.triedAt >= UNKNOWN_KID_INTERVAL ? refreshed(context) : undefined;
    },
  };
}

/** A running fetch may always be joined; a new one waits for the back-off after failures. */
function mayTry(state: State, now: number): boolean {
  if (state.fetching) return true;
  if (state.failures === 0) return true;
  return now - state.triedAt >= Math.min(MAX_BACKOFF, 1_000 * 2 ** (state.failures - 1));
}

/** Starts a fetch, or joins the one that runs. Its promise never rejects. */
function refresh(options: RemoteOptions, state: State, context: KeyContext): Promise<void> {
  if (state.fetching) return state.fetching;
  const first = state.fetchedAt === 0 && state.failures === 0;
  state.triedAt = context.now;
  const fetching = load(options, state, context, first)
    .then(
      () => {
        state.failures = 0;
      },
      () => {
        state.failures++;
      },
    )
    .finally(() => {
      if (state.fetching === fetching) state.fetching = undefined;
    });
  state.fetching = fetching;
  // The fetch must outlive the request that began it: others wait for it too.
  context.waitUntil(fetching);
  // A request that is cut off can take its fetch with it, without an end: nobody waits for that one for ever.
  const forget = setTimeout(
    () => {
      if (state.fetching !== fetching) return;
      state.fetching = undefined;
      state.failures++;
    },
    options.timeoutMs * 2 + 1_000,
  );
  void fetching.finally(() => clearTimeout(forget));
  return fetching;
}

async function load(options: RemoteOptions, state: State, context: KeyContext, first: boolean): Promise<void> {
  const cache = options.cache ?? sharedCache;
  const kept = first ? await cache.get(options.name) : undefined;
  if (kept && context.now - kept.fetchedAt < DEFAULT_AGE && (await take(state, kept.text, kept.fetchedAt))) return;
  const { text, maxAge } = await options.load(options.timeoutMs, context.fetch, context.fetchAbroad);
  state.age = Math.min(DEFAULT_AGE, Math.max(MIN_AGE, (maxAge ?? DEFAULT_AGE / 1_000) * 1_000));
  if (!(await take(state, text, context.now))) throw new Error('the key set holds no usable key');
  await cache.put(options.name, text, context.now, Math.floor(state.age / 1_000));
}

/** Takes over a key set. Keys that stay keep their identity, and with it the tokens that they have verified. */
async function take(state: State, text: string, fetchedAt: number): Promise<boolean> {
  const { keys } = await readKeySet(text, MAX_KEYS);
  if (keys.length === 0) return false;
  const known = new Map(state.keys.map((key) => [identity(key), key]));
  const next = keys.map((key) => known.get(identity(key)) ?? key);
  for (const key of state.keys) if (!next.includes(key)) key.revoked = true;
  state.keys = next;
  state.fetchedAt = fetchedAt;
  return true;
}

function identity(key: PublicKey): string {
  return JSON.stringify([key.kid, key.alg, key.jwk]);
}

/** Waits for a fetch that may belong to another request, but never longer than a fetch may take. */
async function patiently(fetching: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs * 2 + 500);
  });
  await Promise.race([fetching, limit]);
  clearTimeout(timer);
}
