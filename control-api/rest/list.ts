/** Lists: selectors, pages, and the resourceVersion from which a watch goes on. */
import { ApiError } from './api-error.ts';
import type { Json } from './apply/fields.ts';
import { apiVersionOf, resourceOf } from './kinds.ts';
import { metaOf } from './metadata.ts';
import { type Call, rendered } from './objects.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';

export interface ListOptions {
  selector: Selector;
  limit: number | undefined;
  continueToken: string | undefined;
}

export function listOptions(query: URLSearchParams): ListOptions {
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw new ApiError('BadRequest', `invalid limit ${query.get('limit')}`);
  return { selector: selectorOf(query), limit: limit || undefined, continueToken: query.get('continue') || undefined };
}

export function selectorOf(query: URLSearchParams): Selector {
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  const byField = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) => byLabel(object) && byField(object);
}

export interface Page {
  items: Json[];
  metadata: { resourceVersion: string; continue?: string };
}

/** One page in order of namespace and name. */
export function listPage(call: Call, options: ListOptions): Page {
  const { store, target } = call;
  const start = options.continueToken
    ? decodeToken(options.continueToken)
    : { version: store.version, namespace: '', name: '' };
  const items: Json[] = [];
  for (const object of store.list(resourceOf(target.kind), target.namespace, start)) {
    if (!options.selector(object)) continue;
    if (options.limit !== undefined && items.length === options.limit)
      return {
        items,
        metadata: { resourceVersion: String(start.version), continue: encodeToken(start.version, items.at(-1)) },
      };
    items.push(rendered(object, target));
  }
  return { items, metadata: { resourceVersion: String(start.version) } };
}

interface Start {
  version: number;
  namespace: string;
  name: string;
}

function encodeToken(version: number, last: Json | undefined): string {
  const { namespace = '', name } = metaOf(last ?? {});
  return btoa(JSON.stringify({ version, namespace, name }));
}

function decodeToken(token: string): Start {
  try {
    const { version, namespace, name } = JSON.parse(atob(token)) as Start;
    return { version: Number(version), namespace: String(namespace), name: String(name) };
  } catch {
    throw new ApiError('BadRequest', 'continue key is not valid');
  }
}

export function listObject(call: Call, page: Page): Json {
  const { kind, version } = call.target;
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind.group, version),
    metadata: page.metadata,
    items: page.items,
  };
}
