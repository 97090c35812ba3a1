/** The service's second pass: nodes into its structs, with yaml.v2's type errors collected over the whole file. */
import { LimitConfigError, type Place } from './error.ts';
import type { GoMap, GoNode } from './go-yaml.ts';

export interface RateLimitYaml {
  unit: string;
  requestsPerUnit: number;
  unlimited: boolean;
  name: string;
  replaces: { name: string }[];
}
export interface DescriptorYaml {
  key: string;
  value: string;
  rateLimit?: RateLimitYaml;
  shadowMode: boolean;
  quotaMode: boolean;
  detailedMetric: boolean;
  valueToMetric: boolean;
  shareThreshold: boolean;
  metadata?: Record<string, unknown>;
  descriptors: DescriptorYaml[];
  place: Place;
}
export interface RootYaml {
  domain: string;
  descriptors: DescriptorYaml[];
  place: Place;
}

const MAX_UINT32 = 2 ** 32 - 1;

/** @throws LimitConfigError `error loading config file: yaml: unmarshal errors:` with a line for each wrong type. */
export function decodeRoot(map: GoMap): RootYaml {
  const decoder = new Decoder();
  const fields = fieldsOf(map);
  const root = {
    domain: decoder.text(fields.get('domain')),
    descriptors: decoder.list(fields.get('descriptors'), (item) => decoder.descriptor(item)),
    place: map,
  };
  if (decoder.errors.length > 0) throw decoder.error(map);
  return root;
}

function fieldsOf(map: GoMap): Map<string, GoNode> {
  return new Map(map.entries.map(([key, value]) => [key.kind === 'scalar' ? key.text : '', value]));
}

class Decoder {
  readonly errors: { text: string; place: Place }[] = [];

  error(map: GoMap): LimitConfigError {
    // yaml.v2 meets the fields in the order in which the file has them.
    this.errors.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
    const texts = this.errors.map(({ text }) => text).join('\n  ');
    const place = this.errors[0]?.place ?? map;
    return new LimitConfigError(`error loading config file: yaml: unmarshal errors:\n  ${texts}`, place);
  }

  descriptor(map: GoMap): DescriptorYaml {
    const fields = fieldsOf(map);
    const limit = fields.get('rate_limit');
    const metadata = fields.get('metadata');
    return {
      key: this.text(fields.get('key')),
      value: this.text(fields.get('value')),
      ...(limit && !isNull(limit) ? { rateLimit: this.#rateLimit(limit) } : {}),
      shadowMode: this.flag(fields.get('shadow_mode')),
      quotaMode: this.flag(fields.get('quota_mode')),
      detailedMetric: this.flag(fields.get('detailed_metric')),
      valueToMetric: this.flag(fields.get('value_to_metric')),
      shareThreshold: this.flag(fields.get('share_threshold')),
      ...(metadata && !isNull(metadata) ? { metadata: this.#metadata(metadata) } : {}),
      descriptors: this.list(fields.get('descriptors'), (item) => this.descriptor(item)),
      place: map,
    };
  }

  #metadata(node: GoNode): Record<string, unknown> {
    if (node.kind !== 'map') return this.#mismatch(node, 'map[string]interface {}', {});
    return plain(node) as Record<string, unknown>;
  }

  #rateLimit(node: GoNode): RateLimitYaml {
    const fields = this.#map(node, 'config.YamlRateLimit');
    return {
      unit: this.text(fields.get('unit')),
      requestsPerUnit: this.uint32(fields.get('requests_per_unit')),
      unlimited: this.flag(fields.get('unlimited')),
      name: this.text(fields.get('name')),
      replaces: this.list(
        fields.get('replaces'),
        (item) => ({ name: this.text(fieldsOf(item).get('name')) }),
        '[]config.yamlReplaces',
      ),
    };
  }

  text(node: GoNode | undefined): string {
    if (!node || isNull(node)) return '';
    return node.kind === 'scalar' ? node.text : this.#mismatch(node, 'string', '');
  }

  flag(node: GoNode | undefined): boolean {
    if (!node || isNull(node)) return false;
    if (node.kind !== 'scalar' || node.tag !== 'bool') return this.#mismatch(node, 'bool', false);
    return /^(y|yes|true|on)$/i.test(node.text);
  }

  uint32(node: GoNode | undefined): number {
    if (!node || isNull(node)) return 0;
    if (node.kind !== 'scalar' || node.tag !== 'int') return this.#mismatch(node, 'uint32', 0);
    const number = integer(node.text);
    return number >= 0 && number <= MAX_UINT32 ? number : this.#mismatch(node, 'uint32', 0);
  }

  list<T>(node: GoNode | undefined, item: (map: GoMap) => T, type = '[]config.YamlDescriptor'): T[] {
    if (!node || isNull(node)) return [];
    if (node.kind !== 'list') return this.#mismatch(node, type, []);
    return node.items.flatMap((each) => (each.kind === 'map' ? [item(each)] : []));
  }

  #map(node: GoNode, type: string): Map<string, GoNode> {
    return node.kind === 'map' ? fieldsOf(node) : this.#mismatch(node, type, new Map());
  }

  #mismatch<T>(node: GoNode, type: string, fallback: T): T {
    const what =
      node.kind === 'scalar' ? `!!${node.tag} \`${short(node.text)}\`` : node.kind === 'map' ? '!!map' : '!!seq';
    this.errors.push({ text: `line ${node.line}: cannot unmarshal ${what} into ${type}`, place: node });
    return fallback;
  }
}

const isNull = (node: GoNode) => node.kind === 'scalar' && node.tag === 'null';
/** yaml.v2 quotes at most ten characters. */
const short = (text: string) => (text.length > 10 ? `${text.slice(0, 7)}...` : text);

/** strconv.ParseInt(text, 0, 64): a leading 0 is octal, underscores are dropped. */
function integer(text: string): number {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return text.startsWith('-') ? -value : value;
}

/** Free-form metadata as plain JSON. */
function plain(node: GoNode): unknown {
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind === 'map') {
    return Object.fromEntries(
      node.entries.map(([key, value]) => [key.kind === 'scalar' ? key.text : '', plain(value)]),
    );
  }
  if (node.tag === 'null') return null;
  if (node.tag === 'bool') return /^(y|yes|true|on)$/i.test(node.text);
  if (node.tag === 'int') return integer(node.text);
  return node.tag === 'float' ? Number(node.text) : node.text;
}
