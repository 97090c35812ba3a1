/** Dynamic metadata (set by filters) and the route's own, as rate-limit actions read them. */
import { effectiveClaims } from '../../authn/claims.ts';
import type { Exchange } from '../../exchange.ts';
import type { MetadataPath, RateLimitAction } from '../../snapshot.ts';
import type { EntryMaker } from './descriptor.ts';

/** Only a non-empty string is a value; a default may stand in for it. */
export function metadataValue(action: Extract<RateLimitAction, { kind: 'metadata' }>): EntryMaker {
  const { descriptorKey: key, metadataKey, defaultValue } = action;
  const absent = action.skipIfAbsent ? 'omit' : 'drop';
  const read = action.source === 'DYNAMIC' ? lookUp : routeEntry;
  return (exchange) => {
    const found = read(exchange, metadataKey);
    const value = typeof found === 'string' && found !== '' ? found : defaultValue;
    return value === '' ? absent : { key, value };
  };
}

/** A value of the dynamic metadata. jwt_authn keeps the verified token under `payload`, as Istio configures it. */
export function lookUp(exchange: Exchange, { key, path }: MetadataPath): unknown {
  const root =
    key === 'envoy.filters.http.jwt_authn' ? { payload: effectiveClaims(exchange) } : exchange.metadata.get(key);
  return follow(root, path);
}

function routeEntry(exchange: Exchange, { key, path }: MetadataPath): unknown {
  return follow(exchange.route?.metadata?.[key], path);
}

function follow(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
