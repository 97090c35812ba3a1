/** MERGE of a filter's configuration, as Istio merges protobufs. */
import { camelCase } from '../../resources/normalise.ts';
import { EnvoyRejects, isJson, type Json, typedConfig } from './message.ts';

/**
 * A filter with another merged into it: the name is replaced, the typed configuration merged.
 * @throws EnvoyRejects when the configurations are of different types: Istio's merge breaks off, and its patches with it.
 */
export function mergeFilter(into: Json, patch: Json): Json {
  const [config, added] = [configOf(into), configOf(patch)];
  const merged = { ...into, ...(patch.name ? { name: patch.name } : {}) };
  if (!isJson(config) || !isJson(added)) return merged;
  return { ...withoutConfig(merged), typed_config: mergeTyped(config, added) };
}

const configOf = (filter: Json): unknown => filter.typed_config ?? filter.typedConfig;

function withoutConfig({ typedConfig: _typedConfig, ...rest }: Json): Json {
  return rest;
}

function mergeTyped(into: Json, patch: Json): Json {
  const [type, added] = [into['@type'], patch['@type']];
  if (type !== added) throw new EnvoyRejects(`a configuration of type ${added} cannot be merged into one of ${type}`);
  // A TypedStruct is a map for protobuf, whatever type it tells of: its fields are replaced whole.
  if (typedConfig(into, '').type !== String(type).split('/').pop() && isJson(into.value) && isJson(patch.value))
    return { ...into, ...patch, value: { ...into.value, ...patch.value } };
  return mergeMessage(into, patch);
}

/** Messages field by field, lists appended, everything else replaced; a field at its default counts as not given. */
function mergeMessage(into: Json, patch: Json): Json {
  const merged = { ...into };
  const names = new Map(Object.keys(merged).map((name) => [camelCase(name), name]));
  for (const [name, value] of Object.entries(patch)) {
    const key = names.get(camelCase(name)) ?? name;
    merged[key] = key in merged ? mergeValue(merged[key], value) : value;
  }
  return merged;
}

function mergeValue(known: unknown, value: unknown): unknown {
  if (isJson(known) && isJson(value)) return mergeMessage(known, value);
  if (Array.isArray(known) && Array.isArray(value)) return [...known, ...value];
  return value === 0 || value === false || value === '' || value === null ? known : value;
}
