/** The service's first pass over a file: names and kinds only. It runs before any meaning is looked at, so its errors win. */
import { LimitConfigError } from './error.ts';
import type { GoList, GoMap, GoNode } from './go-yaml.ts';

const VALID_KEYS = new Set([
  'domain',
  'key',
  'value',
  'descriptors',
  'rate_limit',
  'unit',
  'requests_per_unit',
  'unlimited',
  'shadow_mode',
  'quota_mode',
  'name',
  'replaces',
  'detailed_metric',
  'value_to_metric',
  'share_threshold',
  'metadata',
]);

/** @throws LimitConfigError for a key that is unknown or no string, a list of anything but maps, or a float. */
export function checkKeys(map: GoMap): void {
  for (const [key, value] of map.entries) {
    if (key.kind !== 'scalar' || key.tag !== 'str') {
      throw new LimitConfigError(`config error, key is not of type string: ${printed(key)}`, key);
    }
    if (!VALID_KEYS.has(key.text)) throw new LimitConfigError(`config error, unknown key '${key.text}'`, key);
    if (key.text !== 'metadata') checkValue(value);
  }
}

function checkValue(value: GoNode): void {
  if (value.kind === 'map') checkKeys(value);
  else if (value.kind === 'list') checkList(value);
  else if (value.tag === 'float') throw new LimitConfigError('error checking config', value);
}

function checkList(list: GoList): void {
  for (const item of list.items) {
    if (item.kind !== 'map') {
      const text = `config error, yaml file contains list of type other than map: ${printed(item)}`;
      throw new LimitConfigError(text, item);
    }
    checkKeys(item);
  }
}

/** As Go's %v prints it. */
function printed(node: GoNode): string {
  if (node.kind === 'list') return `[${node.items.map(printed).join(' ')}]`;
  if (node.kind === 'map') return `map[${node.entries.map(([k, v]) => `${printed(k)}:${printed(v)}`).join(' ')}]`;
  if (node.tag === 'bool') return String(/^(y|yes|true|on)$/i.test(node.text));
  return node.tag === 'null' ? '<nil>' : node.text;
}
