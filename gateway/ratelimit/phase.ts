/** The filters that EnvoyFilters insert: at the very front, and before the router. */

import type { RouteScope, Step } from '../phases.ts';
import type { HttpFilter, SetMetadata } from '../snapshot.ts';
import { foldRateLimit } from './global-step.ts';
import { foldLocalRateLimit } from './local-step.ts';

export function foldInserted(scope: RouteScope): Step[] {
  return scope.filters.flatMap((filter) => foldOne(filter, scope));
}

function foldOne({ config }: HttpFilter, scope: RouteScope): Step[] {
  switch (config.kind) {
    case 'ratelimit':
      return foldRateLimit(config, scope);
    case 'local_ratelimit':
      return foldLocalRateLimit(config, scope);
    case 'set_metadata':
      return [{ request: (exchange) => setMetadata(config, exchange.metadata) }];
    default:
      return [];
  }
}

/** Values of one namespace are merged, objects field by field and lists end to end; without allow_overwrite the first stays. */
function setMetadata({ values }: SetMetadata, metadata: Map<string, Record<string, unknown>>): undefined {
  for (const { namespace, value, allowOverwrite } of values) {
    const known = metadata.get(namespace);
    if (!known) metadata.set(namespace, value);
    else if (allowOverwrite) metadata.set(namespace, mergeStruct(known, value));
  }
}

type Struct = Record<string, unknown>;

const isStruct = (value: unknown): value is Struct =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mergeStruct(into: Struct, from: Struct): Struct {
  const merged: Struct = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const known = merged[key];
    if (isStruct(known) && isStruct(value)) merged[key] = mergeStruct(known, value);
    else if (Array.isArray(known) && Array.isArray(value)) merged[key] = [...known, ...value];
    else merged[key] = value;
  }
  return merged;
}
