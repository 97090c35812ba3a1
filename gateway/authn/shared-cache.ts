/** The platform's Cache API as a second level: an isolate that starts finds the keys that another one has fetched. */

/** Where it is absent (workerd without a cache service, Node) every call is a miss. */
export interface SharedCache {
  get(source: string): Promise<{ text: string; fetchedAt: number } | undefined>;
  put(source: string, text: string, fetchedAt: number, seconds: number): Promise<void>;
}

/** Not a host that anybody serves: only the name under which the cache keeps a key set. */
const keyOf = (source: string) => `https://jwks.bowsprit.invalid/?source=${encodeURIComponent(source)}`;

/** workerd's own global; Node has none. */
interface CachesOfWorkers {
  default?: { match(url: string): Promise<Response | undefined>; put(url: string, response: Response): Promise<void> };
}

const caches = () => (globalThis as { caches?: CachesOfWorkers }).caches?.default;

export const sharedCache: SharedCache = {
  async get(source) {
    try {
      const hit = await caches()?.match(keyOf(source));
      const fetchedAt = Number(hit?.headers.get('x-fetched-at'));
      return hit && fetchedAt > 0 ? { text: await hit.text(), fetchedAt } : undefined;
    } catch {
      return undefined;
    }
  },
  async put(source, text, fetchedAt, seconds) {
    const headers = { 'cache-control': `max-age=${seconds}`, 'x-fetched-at': String(fetchedAt) };
    try {
      await caches()?.put(keyOf(source), new Response(text, { headers }));
    } catch {
      // A cache that does not take it costs the next isolate one fetch; the keys in memory are not touched.
    }
  },
};
