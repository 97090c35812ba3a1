/** Lists: selectors, pages, and the resourceVersion from which a watch goes on. */

import type { Place } from '../store/objects.ts';
import { ApiError } from './api-error.ts';
import type { Json } from './apply/fields.ts';
import { apiVersionOf, resourceOf } from './kinds.ts';
import { type Call, rendered } from './objects.ts';
import { isSecret } from './secrets.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';

export interface ListOptions {
  /** Absent: all of them. */
  selector: Selector | undefined;
  limit: number | undefined;
  continueToken: string | undefined;
}

export function listOptions(query: URLSearchParams): ListOptions {
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw new ApiError('BadRequest', `invalid limit ${query.get('limit')}`);
  const selector = query.get('labelSelector') || query.get('fieldSelector') ? selectorOf(query) : undefined;
  return { selector, limit: limit || undefined, continueToken: query.get('continue') || undefined };
}

export function selectorOf(query: URLSearchParams): Selector {
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  const byField = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) => byLabel(object) && byField(object);
}

interface Page<Item> {
  items: Item[];
  metadata: { resourceVersion: string; continue?: string };
}

/** Where a list goes on, and since when it is read. */
interface Start extends Place {
  version: number;
}

const startOf = ({ store }: Call, { continueToken }: ListOptions): Start =>
  continueToken ? decodeToken(continueToken) : { version: store.version, namespace: '', name: '' };

/** One object looked at; its JSON as it is shown, when the selector selects it. */
type Looked = Place & { json: string | undefined };

/** At most `rows` objects after `start`. */
function* looked(call: Call, { selector }: ListOptions, start: Place, rows?: number): Generator<Looked> {
  const { store, target } = call;
  const begins = `{"apiVersion":${JSON.stringify(apiVersionOf(target.kind.group, target.version))},`;
  for (const stored of store.rows(resourceOf(target.kind), target.namespace, start, rows)) {
    const isAsAsked = stored.json.startsWith(begins) && !isSecret(target);
    const object = selector || !isAsAsked ? (JSON.parse(stored.json) as Json) : undefined;
    if (selector && object && !selector(object)) yield { ...stored, json: undefined };
    else yield isAsAsked || !object ? stored : { ...stored, json: JSON.stringify(rendered(object, target)) };
  }
}

/** One page in order of namespace and name: all of them without a limit. */
function page(call: Call, options: ListOptions): Page<string> {
  const start = startOf(call, options);
  const resourceVersion = String(start.version);
  const items: string[] = [];
  let last: Place = start;
  const { limit, selector } = options;
  const rows = limit === undefined || selector ? undefined : limit + 1;
  for (const { json, namespace, name } of looked(call, options, start, rows)) {
    if (json === undefined) continue;
    if (items.length === limit)
      return { items, metadata: { resourceVersion, continue: encodeToken({ ...last, version: start.version }) } };
    items.push(json);
    last = { namespace, name };
  }
  return { items, metadata: { resourceVersion } };
}

/** The same as objects. */
export function listPage(call: Call, options: ListOptions): Page<Json> {
  const { items, metadata } = page(call, options);
  return { items: items.map((json) => JSON.parse(json) as Json), metadata };
}

/** A list as JSON. Without a limit it is sent piece by piece: 100,000 objects at once would fill the memory and hold up every other call. */
export function listBody(call: Call, options: ListOptions): string | ReadableStream<Uint8Array> {
  if (options.limit === undefined) return streamed(call, options);
  const { items, metadata } = page(call, options);
  return `${opening(call, metadata)}${items.join(',')}]}`;
}

const OBJECTS_A_PIECE = 500;

/** Whoever watches from the list's resourceVersion is told of what changes while it is sent. */
function streamed(call: Call, options: ListOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const start = startOf(call, options);
  let from: Place = start;
  let text = opening(call, { resourceVersion: String(start.version) });
  let comma = '';
  return new ReadableStream({
    pull(controller) {
      let seen = 0;
      for (const { json, ...place } of looked(call, options, from, OBJECTS_A_PIECE)) {
        from = place;
        seen++;
        if (json === undefined) continue;
        text += comma + json;
        comma = ',';
      }
      const isEnd = seen < OBJECTS_A_PIECE;
      // A piece of nothing would not be asked for a next one.
      controller.enqueue(encoder.encode(isEnd ? `${text}]}` : text || '\n'));
      text = '';
      if (isEnd) controller.close();
    },
  });
}

/** Everything of a list but its items. */
export function listHead({ target: { kind, version } }: Call, metadata: Page<unknown>['metadata']): Json {
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind.group, version), metadata };
}

const opening = (call: Call, metadata: Page<unknown>['metadata']): string =>
  `${JSON.stringify(listHead(call, metadata)).slice(0, -1)},"items":[`;

const encodeToken = ({ version, namespace, name }: Start): string => btoa(JSON.stringify({ version, namespace, name }));

function decodeToken(token: string): Start {
  try {
    const { version, namespace, name } = JSON.parse(atob(token)) as Start;
    return { version: Number(version), namespace: String(namespace), name: String(name) };
  } catch {
    throw new ApiError('BadRequest', 'continue key is not valid');
  }
}
