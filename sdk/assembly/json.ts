/** JSON values (RFC 8259), read and written. A value that is not what was asked for is null, or the default given. */
import { JsonReader } from "./json-reader";
import { numberText, quote } from "./json-text";

export enum JsonKind {
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

export class Json {
  private flag: bool = false;
  private number: f64 = 0;
  private string: string = "";
  private list: Json[] = [];
  private names: string[] = [];

  constructor(readonly kind: JsonKind) {}

  /** null when the text is not JSON, or nested deeper than 64. Of a name that is there twice the last one counts. */
  static parse(text: string): Json | null {
    return new JsonReader(text).document();
  }
  static null(): Json {
    return new Json(JsonKind.Null);
  }
  static bool(value: bool): Json {
    const json = new Json(JsonKind.Bool);
    json.flag = value;
    return json;
  }
  static number(value: f64): Json {
    const json = new Json(JsonKind.Number);
    json.number = value;
    return json;
  }
  static string(value: string): Json {
    const json = new Json(JsonKind.String);
    json.string = value;
    return json;
  }
  static array(): Json {
    return new Json(JsonKind.Array);
  }
  static object(): Json {
    return new Json(JsonKind.Object);
  }

  asString(): string | null {
    return this.kind == JsonKind.String ? this.string : null;
  }
  asNumber(fallback: f64 = 0): f64 {
    return this.kind == JsonKind.Number ? this.number : fallback;
  }
  asBool(fallback: bool = false): bool {
    return this.kind == JsonKind.Bool ? this.flag : fallback;
  }
  get isNull(): bool {
    return this.kind == JsonKind.Null;
  }
  /** Of an array or an object. */
  get length(): i32 {
    return this.list.length;
  }
  /** An array's item, or an object's value by position. */
  at(index: i32): Json | null {
    return index >= 0 && index < this.list.length ? this.list[index] : null;
  }
  keys(): string[] {
    return this.names;
  }

  get(name: string): Json | null {
    for (let i = 0; i < this.names.length; i++) if (this.names[i] == name) return this.list[i];
    return null;
  }
  getString(name: string, fallback: string = ""): string {
    const value = this.get(name);
    if (value === null) return fallback;
    const text = value.asString();
    return text === null ? fallback : text;
  }
  getNumber(name: string, fallback: f64 = 0): f64 {
    const value = this.get(name);
    return value === null ? fallback : value.asNumber(fallback);
  }
  getBool(name: string, fallback: bool = false): bool {
    const value = this.get(name);
    return value === null ? fallback : value.asBool(fallback);
  }
  /** The strings of an array; what is no string is left out. Empty when there is no such array. */
  getStrings(name: string): string[] {
    const found = new Array<string>();
    const value = this.get(name);
    if (value === null || value.kind != JsonKind.Array) return found;
    for (let i = 0; i < value.list.length; i++) {
      const text = value.list[i].asString();
      if (text !== null) found.push(text);
    }
    return found;
  }

  /** Of an object. */
  set(name: string, value: Json): Json {
    for (let i = 0; i < this.names.length; i++)
      if (this.names[i] == name) {
        this.list[i] = value;
        return this;
      }
    this.names.push(name);
    this.list.push(value);
    return this;
  }
  /** Of an object. */
  delete(name: string): bool {
    const index = this.names.indexOf(name);
    if (index < 0) return false;
    this.names.splice(index, 1);
    this.list.splice(index, 1);
    return true;
  }
  /** Of an array. */
  push(value: Json): Json {
    this.list.push(value);
    return this;
  }

  /** Compact. */
  toString(): string {
    switch (this.kind) {
      case JsonKind.Bool:
        return this.flag ? "true" : "false";
      case JsonKind.Number:
        return numberText(this.number);
      case JsonKind.String:
        return quote(this.string);
      case JsonKind.Array:
      case JsonKind.Object:
        return this.joined();
      default:
        return "null";
    }
  }

  private joined(): string {
    const object = this.kind == JsonKind.Object;
    const parts = new Array<string>(this.list.length);
    for (let i = 0; i < this.list.length; i++)
      parts[i] = object ? quote(this.names[i]) + ":" + this.list[i].toString() : this.list[i].toString();
    return object ? "{" + parts.join(",") + "}" : "[" + parts.join(",") + "]";
  }
}
