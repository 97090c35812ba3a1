/** What a MERGE adds to a virtual host or a route, merged as protobuf merges: lists appended or replaced, maps key by key. */
import type {
  HeaderOperation,
  HeaderOperations,
  PerFilterConfig,
  RateLimitPolicy,
  Route,
  VirtualHost,
} from '../../../gateway/snapshot.ts';

/** What a patch brings, read once. */
export interface Addition {
  rateLimits: RateLimitPolicy[];
  includeVhRateLimits?: boolean;
  perFilterConfig: Record<string, PerFilterConfig>;
  headers: HeaderOperations;
  metadata?: Record<string, Record<string, unknown>>;
  /** MERGE appends to lists, MERGE_AND_REPLACE_LIST replaces those that it names. */
  lists: 'append' | 'replace';
}

/** Headers of a virtual host or a route table are operations of their own, behind the route's. */
export function mergeHost(host: VirtualHost, addition: Addition, level: 'virtualHost' | 'table'): VirtualHost {
  const merged = mergeLimits(host, addition);
  if (Object.keys(addition.headers).length === 0) return merged;
  const routes = host.routes.map((route) => {
    const { outerHeaders = {} } = route;
    return {
      ...route,
      outerHeaders: { ...outerHeaders, [level]: mergeHeaders(outerHeaders[level], addition) },
    };
  });
  return { ...merged, routes };
}

export function mergeRoute(route: Route, addition: Addition): Route {
  const { includeVhRateLimits, headers, metadata } = addition;
  return {
    ...mergeLimits(route, addition),
    ...(includeVhRateLimits === undefined ? {} : { includeVhRateLimits }),
    ...(Object.keys(headers).length > 0 ? { headers: mergeHeaders(route.headers, addition) } : {}),
    ...(metadata ? { metadata: { ...route.metadata, ...metadata } } : {}),
  };
}

function mergeLimits<T extends Pick<Route, 'rateLimits' | 'perFilterConfig'>>(into: T, addition: Addition): T {
  const { rateLimits, perFilterConfig: configs, lists } = addition;
  const kept = lists === 'append' ? (into.rateLimits ?? []) : [];
  return {
    ...into,
    ...(rateLimits.length > 0 ? { rateLimits: [...kept, ...rateLimits] } : {}),
    ...(Object.keys(configs).length > 0 ? { perFilterConfig: { ...into.perFilterConfig, ...configs } } : {}),
  };
}

function mergeHeaders(before: HeaderOperations | undefined, { headers, lists }: Addition): HeaderOperations {
  const merged: HeaderOperations = { ...before };
  for (const direction of ['request', 'response'] as const) {
    const added = headers[direction];
    if (added) merged[direction] = mergeOperation(before?.[direction] ?? {}, added, lists);
  }
  return merged;
}

/** `set` and `add` are one list of Envoy's, `remove` is another. */
function mergeOperation(before: HeaderOperation, added: HeaderOperation, lists: Addition['lists']): HeaderOperation {
  const replaced = lists === 'replace';
  const values = replaced && (added.set || added.add) ? {} : before;
  const removal = replaced && added.remove ? {} : before;
  const [set, add, remove] = [
    join(values.set, added.set),
    join(values.add, added.add),
    join(removal.remove, added.remove),
  ];
  return { ...(set ? { set } : {}), ...(add ? { add } : {}), ...(remove ? { remove } : {}) };
}

const join = <T>(left: T[] | undefined, right: T[] | undefined): T[] | undefined =>
  left || right ? [...(left ?? []), ...(right ?? [])] : undefined;
