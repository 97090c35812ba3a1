/**
 * What isolates and counter objects say to each other. It is one protocol at every place: on Cloudflare the object is
 * called directly, on one's own machines through the state process, and a hot key's own object starts from its bucket.
 */

/** One counter, for one window, asked once. Structured-cloneable; times are unix seconds. */
export interface CountRequest {
  /** counterName(): everything but the window. */
  name: string;
  /** The window's first second, and the first second after it. */
  start: number;
  ends: number;
  /** requests_per_unit in the configuration that asks. */
  limit: number;
  /** Hits to count now; 0 looks without counting. */
  hits: number;
  /** Permits that the asker would like beyond `hits`, by its demand; 0 = none. */
  want: number;
  /** Hits per second that the asker sees on this counter; the owner shares what is left by it. */
  rate: number;
}

/**
 * A batch of questions to one object. It may be sent again when its answer is lost: the object answers the same numbers to
 * the same call, and charges nothing twice.
 */
export interface CountCall {
  /** Who asks: one isolate's n-th call at a time. It sends its next call only when it has given up the one before. */
  from: string;
  /** Grows with each call of one asker. */
  number: number;
  /** Nobody waits for it any more: what was counted and leased for it is asked for, nothing is to be counted now. */
  late?: true;
  requests: CountRequest[];
}

export interface CountReply {
  /** The count after `hits`, before the lease. Over the limit: the hits that pass it are refused, but stay counted. */
  after: number;
  /** Permits leased on top: already counted, to be spent in this window only. */
  granted: number;
  /** The key has an object of its own in this window: nothing was counted, ask there (hotObjectName). */
  moved?: true;
}

/** A counter as operators see it. */
export interface CounterUsage {
  name: string;
  start: number;
  ends: number;
  count: number;
  limit: number;
  /** Kept in the key's own object: the numbers here are those of the moment it left. */
  moved: boolean;
}

/** Where the counters are. Every method rejects when the store cannot be reached. */
export interface CounterStore {
  /** What counts a name; names of one object are asked for together. */
  objectOf(name: string): string;
  /** Calls to one object under way at once; what comes meanwhile waits for the next and goes as one. */
  atOnce: number;
  /** Counts in one object; replies stand in the order of calls and requests. No reply leaves before it is durable. */
  count(object: string, calls: CountCall[]): Promise<CountReply[][]>;
}

/** What operators may ask of all counters together; slow, as it goes to every object. */
export interface CounterOperations {
  /** Windows open at `now` of the counters whose name begins with `prefix`, the highest counts first. */
  usage(prefix: string, now: number, most: number): Promise<CounterUsage[]>;
  /** Sets the open windows of one counter back to zero; returns what they were. */
  reset(name: string, now: number): Promise<CounterUsage[]>;
}

/** Near the limit nothing is leased: the last permits are counted one by one, so none is lost in an idle isolate. */
export const EXACT_HEADROOM = 100;

/** The number of bucket objects. Changing it moves keys to other objects, which forgets the counts of open windows. */
export const BUCKETS = 64;

/** The bucket object that counts a name (FNV-1a over its UTF-16 units). */
export function bucketName(name: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return `counters-${(hash >>> 0) % BUCKETS}`;
}

/** The object that a hot key has for itself. */
export function hotObjectName(name: string): string {
  return `${HOT}${name}`;
}

/** Begins the names of hot keys' objects. */
export const HOT = 'hot-';

/**
 * The one object of a state process. All its objects would run on one thread, so several of them gain nothing there; one
 * makes a batch one call, one transaction and one sync to disk.
 */
export const ONLY_OBJECT = 'all';
