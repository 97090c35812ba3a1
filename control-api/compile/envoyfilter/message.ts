/**
 * Envoy's configuration as people write it in EnvoyFilters: protobuf's JSON in either spelling, or a TypedStruct around
 * it. Every field that is read is remembered, so that what nobody understood can be said.
 */
import { camelCase } from '../../resources/normalise.ts';

/** A configuration that Envoy refuses; the text is Envoy's where it has been captured. */
export class EnvoyRejects extends Error {
  readonly code = 'ENVOY_REJECTS';
}

export type Json = Record<string, unknown>;
export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is said about a field that has an effect in Envoy and none here. */
export type Unread = (path: string) => void;

export class Message {
  readonly #fields = new Map<string, unknown>();
  readonly #read = new Set<string>();
  readonly #children: Message[] = [];
  readonly path: string;

  /** @throws EnvoyRejects when `value` is no object. */
  constructor(value: unknown, path = '') {
    this.path = path;
    if (!isJson(value)) throw new EnvoyRejects(`${path || 'value'}: expected an object`);
    for (const [name, field] of Object.entries(value)) this.#fields.set(camelCase(name), field);
  }

  /** A field by its camelCase name; null counts as absent, as in protobuf's JSON. */
  get(name: string): unknown {
    this.#read.add(name);
    return this.#fields.get(name) ?? undefined;
  }

  has(name: string): boolean {
    return this.#fields.get(name) !== undefined && this.#fields.get(name) !== null;
  }

  /** The fields that are there, by their camelCase names. */
  names(): string[] {
    return [...this.#fields.keys()].filter((name) => this.has(name));
  }

  /** Counts another message's unread fields among one's own. */
  adopt(child: Message): Message {
    this.#children.push(child);
    return child;
  }

  /** Marks fields as understood that change nothing here. */
  ignore(...names: string[]): this {
    for (const name of names) this.#read.add(name);
    return this;
  }

  message(name: string): Message | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : this.#child(value, this.#at(name));
  }

  messages(name: string): Message[] {
    const value = this.get(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw new EnvoyRejects(`${this.#at(name)}: expected a list`);
    return value.map((item, index) => this.#child(item, `${this.#at(name)}[${index}]`));
  }

  text(name: string): string {
    const value = this.get(name);
    if (value === undefined) return '';
    // Envoy's YAML reader has no YAML 1.1 leniency left here: a boolean or number is a type error.
    if (typeof value !== 'string')
      throw new EnvoyRejects(`${this.#at(name)}: expected a string, got ${JSON.stringify(value)}`);
    return value;
  }

  number(name: string, fallback: number): number {
    const value = this.get(name);
    if (value === undefined) return fallback;
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number !== 'number' || Number.isNaN(number))
      throw new EnvoyRejects(`${this.#at(name)}: expected a number`);
    return number;
  }

  flag(name: string, fallback = false): boolean {
    const value = this.get(name);
    if (value === undefined) return fallback;
    // BoolValue, written out.
    if (isJson(value)) return value.value === true;
    if (typeof value !== 'boolean') throw new EnvoyRejects(`${this.#at(name)}: expected a boolean`);
    return value;
  }

  /** `10s`, `0.5s`, or {seconds, nanos}, in milliseconds. */
  duration(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (isJson(value)) return Number(value.seconds ?? 0) * 1000 + Number(value.nanos ?? 0) / 1e6;
    const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(value) : null;
    if (!match) throw new EnvoyRejects(`${this.#at(name)}: illegal duration format; duration must end with 's'`);
    return Number(match[1]) * 1000;
  }

  /** The fields that nobody read, here and below. */
  unread(): string[] {
    const own = [...this.#fields.keys()].filter((name) => !this.#read.has(name) && name !== '@type');
    return [...own.map((name) => this.#at(name)), ...this.#children.flatMap((child) => child.unread())];
  }

  #child(value: unknown, path: string): Message {
    return this.adopt(new Message(value, path));
  }

  #at(name: string): string {
    return this.path ? `${this.path}.${name}` : name;
  }
}

/** A typed_config: its type's short name and its fields; a TypedStruct (udpa or xds) is unwrapped. */
export function typedConfig(value: unknown, path: string): { type: string; fields: Json } {
  if (!isJson(value)) throw new EnvoyRejects(`${path}: expected an object`);
  const type = shortType(String(value['@type'] ?? ''));
  if (type !== 'udpa.type.v1.TypedStruct' && type !== 'xds.type.v3.TypedStruct') return { type, fields: value };
  const url = value.type_url ?? value.typeUrl ?? '';
  return { type: shortType(String(url)), fields: isJson(value.value) ? value.value : {} };
}

const shortType = (url: string): string => url.slice(url.lastIndexOf('/') + 1);
