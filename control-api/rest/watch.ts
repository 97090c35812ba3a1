/**
 * A watch: the present objects or the changes after a resourceVersion, then every further change, as a stream of JSON lines. Bookmarks
 * tell an idle client how far it has come, so that it can resume after a restart without listing again.
 */
import { type Change, type ChangeType, ExpiredError, type ObjectStore, type Place, START } from '../store/objects.ts';
import { ApiError } from './api-error.ts';
import type { Json } from './apply/fields.ts';
import type { WatchRange } from './query.ts';
import type { Selector } from './selectors.ts';

export interface WatchOptions extends WatchRange {
  resource: string;
  apiVersion: string;
  kind: string;
  /** '' = all. */
  namespace: string;
  selector: Selector;
  bookmarks: boolean;
}

/** Often enough that a client's resourceVersion stays within the log; Kubernetes sends one a minute. */
const BOOKMARK_MS = 60_000;
/** Objects or changes that are read at once: some milliseconds. */
const A_PIECE = 500;
/** Events that a client has not read yet; what comes then it is told from the log, when it has read these. */
const LONGEST_BACKLOG = 2000;

/** Throws ExpiredError when the log does not reach back as far as `options.since`. */
export function watch(
  store: ObjectStore,
  options: WatchOptions,
  render: (object: Json) => Json,
): ReadableStream<Uint8Array> {
  // Not left to the stream: what its start throws workerd makes an error of the stream, which is a broken connection.
  if (options.since !== undefined) store.requireLogged(options.since);
  const feed = new Feed(store, options, render);
  return new ReadableStream({
    start: (controller) => feed.start(controller),
    pull: () => feed.goOn(),
    cancel: () => feed.stop(),
  });
}

/** One client's way from what there was to what happens. */
class Feed {
  readonly #store: ObjectStore;
  readonly #options: WatchOptions;
  readonly #render: (object: Json) => Json;
  readonly #encoder = new TextEncoder();
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** How far the present objects have been told; undefined: all of them. */
  #place: Place | undefined;
  /** The change from which on the log is to be read; undefined: changes are told as they happen. */
  #behind: number | undefined;
  #sent = 0;
  #isMarked = false;
  #isOver = false;
  #release = (): void => {};

  constructor(store: ObjectStore, options: WatchOptions, render: (object: Json) => Json) {
    this.#store = store;
    this.#options = options;
    this.#render = render;
    this.#behind = options.since;
    this.#place = options.since === undefined ? START : undefined;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    if (this.#behind !== undefined) this.#readLog(this.#behind);
    const unsubscribe = this.#store.subscribe((change) => this.#onChange(change));
    const bookmark = setInterval(() => this.#bookmark(), BOOKMARK_MS);
    const timeout = setTimeout(() => this.#end(), this.#options.timeoutMs);
    this.#release = () => {
      unsubscribe();
      clearInterval(bookmark);
      clearTimeout(timeout);
    };
  }

  /** The client has read everything: goes on until there is something to tell, a piece at a time, so that other calls come between. */
  async goOn(): Promise<void> {
    const before = this.#sent;
    for (; !this.#isOver && !this.#isUpToDate && this.#sent === before; await pause()) {
      if (this.#place) this.#readObjects(this.#place);
      else this.#catchUp();
    }
    if (!this.#isMarked) this.#bookmark();
  }

  /** The client is gone. */
  stop(): void {
    this.#isOver = true;
    this.#release();
  }

  get #isUpToDate(): boolean {
    return this.#place === undefined && this.#behind === undefined;
  }

  #readObjects(after: Place): void {
    const { resource, namespace, selector } = this.#options;
    let seen = 0;
    for (const { json, ...place } of this.#store.rows(resource, namespace, after, A_PIECE)) {
      seen++;
      this.#place = place;
      const object = JSON.parse(json) as Json;
      if (selector(object)) this.#send('ADDED', this.#render(object));
    }
    if (seen < A_PIECE) this.#place = undefined;
  }

  #catchUp(): void {
    try {
      this.#readLog(this.#behind ?? this.#store.version);
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      this.#send('ERROR', new ApiError('Expired', error.message).toStatus());
      this.#end();
    }
  }

  #readLog(after: number): void {
    let seen = 0;
    for (const change of this.#store.changesSince(after, this.#options.resource, A_PIECE)) {
      seen++;
      this.#behind = change.resourceVersion;
      this.#tell(change);
    }
    if (seen < A_PIECE) this.#behind = undefined;
  }

  #onChange(change: Change): void {
    // The log tells it later, or the object is told as it is then.
    if (this.#behind !== undefined || (this.#place && isAfter(change, this.#place))) return;
    this.#tell(change);
    if ((this.#controller.desiredSize ?? 0) >= -LONGEST_BACKLOG) return;
    if (this.#place) this.#end();
    else this.#behind = change.resourceVersion;
  }

  #tell(change: Change): void {
    const type = seenAs(change, this.#options);
    if (type) this.#send(type, this.#render(change.object));
  }

  /** Not before everything up to it has been told. The first one ends the present objects: an informer takes them over when it hears so. */
  #bookmark(): void {
    const { bookmarks, apiVersion, kind, marksInitial } = this.#options;
    if (!bookmarks || this.#isOver || !this.#isUpToDate) return;
    const annotations = marksInitial && !this.#isMarked && { annotations: { 'k8s.io/initial-events-end': 'true' } };
    this.#isMarked = true;
    const metadata = { resourceVersion: String(this.#store.version), creationTimestamp: null, ...annotations };
    this.#send('BOOKMARK', { apiVersion, kind, metadata });
  }

  #send(type: string, object: object): void {
    this.#sent++;
    this.#controller.enqueue(this.#encoder.encode(`${JSON.stringify({ type, object })}\n`));
  }

  #end(): void {
    this.stop();
    this.#controller.close();
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** As lists go: by namespace, then by name. */
const isAfter = (a: Place, b: Place): boolean =>
  a.namespace === b.namespace ? a.name > b.name : a.namespace > b.namespace;

/** An object that starts to match a selector is ADDED for this watcher, one that stops is DELETED. */
function seenAs(change: Change, options: WatchOptions): ChangeType | undefined {
  if (change.resource !== options.resource) return undefined;
  if (options.namespace !== '' && change.namespace !== options.namespace) return undefined;
  const before = change.before !== undefined && options.selector(change.before);
  const after = change.type !== 'DELETED' && options.selector(change.object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}
