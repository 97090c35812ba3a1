/**
 * A watch: the changes after a resourceVersion, then every further one, as a stream of JSON lines. Bookmarks tell an idle
 * client how far it has come, so that it can resume after a restart without listing again.
 */
import type { Change, ChangeType, ObjectStore } from '../store/objects.ts';
import type { Json } from './apply/fields.ts';
import type { Selector } from './selectors.ts';

export interface WatchOptions {
  resource: string;
  apiVersion: string;
  kind: string;
  /** '' = all. */
  namespace: string;
  selector: Selector;
  /** Changes after this one; undefined = the present objects first, as ADDED. */
  since: number | undefined;
  bookmarks: boolean;
  timeoutMs: number;
}

/** Often enough that a client's resourceVersion stays within the log; Kubernetes sends one a minute. */
const BOOKMARK_MS = 60_000;

/** Events that a client has not read yet. One that is slower is cut off and resumes from its resourceVersion: memory is for the others. */
const LONGEST_BACKLOG = 20_000;

export function watch(
  store: ObjectStore,
  options: WatchOptions,
  render: (object: Json) => Json,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop = () => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (type: string, object: Json) =>
        controller.enqueue(encoder.encode(`${JSON.stringify({ type, object })}\n`));
      const end = () => {
        stop();
        controller.close();
      };
      const onChange = (change: Change) => {
        const type = seenAs(change, options);
        if (type) send(type, render(change.object));
        if ((controller.desiredSize ?? 0) < -LONGEST_BACKLOG) end();
      };
      sendPast(store, options, onChange, (object) => send('ADDED', render(object)));
      const unsubscribe = store.subscribe(onChange);
      const bookmark = setInterval(() => send('BOOKMARK', bookmarkOf(store, options)), BOOKMARK_MS);
      const timeout = setTimeout(end, options.timeoutMs);
      stop = () => {
        unsubscribe();
        clearInterval(bookmark);
        clearTimeout(timeout);
      };
      if (options.bookmarks) send('BOOKMARK', bookmarkOf(store, options));
      else clearInterval(bookmark);
    },
    cancel: () => stop(),
  });
}

function sendPast(
  store: ObjectStore,
  options: WatchOptions,
  onChange: (change: Change) => void,
  add: (object: Json) => void,
): void {
  if (options.since !== undefined) {
    for (const change of store.changesSince(options.since, options.resource)) onChange(change);
    return;
  }
  for (const object of store.list(options.resource, options.namespace)) if (options.selector(object)) add(object);
}

/** An object that starts to match a selector is ADDED for this watcher, one that stops is DELETED. */
function seenAs(change: Change, options: WatchOptions): ChangeType | undefined {
  if (change.resource !== options.resource) return undefined;
  if (options.namespace !== '' && change.namespace !== options.namespace) return undefined;
  const before = change.before !== undefined && options.selector(change.before);
  const after = change.type !== 'DELETED' && options.selector(change.object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function bookmarkOf(store: ObjectStore, options: WatchOptions): Json {
  return {
    apiVersion: options.apiVersion,
    kind: options.kind,
    metadata: { resourceVersion: String(store.version), creationTimestamp: null },
  };
}
