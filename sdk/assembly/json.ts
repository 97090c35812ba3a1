/** A small JSON reader and writer (RFC 8259). A value that is not what was asked for is null, or the default given. */

const MAX_DEPTH: i32 = 64;

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
    return new Reader(text).document();
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

/** Whole numbers without a fraction, as JavaScript writes them. */
function numberText(value: f64): string {
  if (!isFinite(value)) return "null";
  return Math.abs(value) < 9007199254740992.0 && Math.trunc(value) == value ? (<i64>value).toString() : value.toString();
}

function quote(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit == 0x22) out += '\\"';
    else if (unit == 0x5c) out += "\\\\";
    else if (unit == 0x0a) out += "\\n";
    else if (unit == 0x0d) out += "\\r";
    else if (unit == 0x09) out += "\\t";
    else if (unit < 0x20) out += "\\u00" + (unit < 16 ? "0" : "") + unit.toString(16);
    else out += String.fromCharCode(unit);
  }
  return out + '"';
}

class Reader {
  private at: i32 = 0;
  private failed: bool = false;

  constructor(private text: string) {}

  document(): Json | null {
    const value = this.value(0);
    this.space();
    return this.failed || this.at != this.text.length ? null : value;
  }

  private value(depth: i32): Json {
    this.space();
    const unit = this.peek();
    if (depth > MAX_DEPTH) return this.fail();
    if (unit == 0x7b) return this.object(depth);
    if (unit == 0x5b) return this.array(depth);
    if (unit == 0x22) return Json.string(this.quoted());
    if (unit == 0x2d || (unit >= 0x30 && unit <= 0x39)) return this.number();
    if (this.word("true")) return Json.bool(true);
    if (this.word("false")) return Json.bool(false);
    return this.word("null") ? Json.null() : this.fail();
  }

  private object(depth: i32): Json {
    const json = Json.object();
    this.at++;
    this.space();
    if (this.take(0x7d)) return json;
    do {
      this.space();
      if (this.peek() != 0x22) return this.fail();
      const name = this.quoted();
      this.space();
      if (!this.take(0x3a)) return this.fail();
      json.set(name, this.value(depth + 1));
      this.space();
    } while (!this.failed && this.take(0x2c));
    return this.take(0x7d) ? json : this.fail();
  }

  private array(depth: i32): Json {
    const json = Json.array();
    this.at++;
    this.space();
    if (this.take(0x5d)) return json;
    do {
      json.push(this.value(depth + 1));
      this.space();
    } while (!this.failed && this.take(0x2c));
    return this.take(0x5d) ? json : this.fail();
  }

  private quoted(): string {
    let out = "";
    let start = ++this.at;
    while (this.at < this.text.length) {
      const unit = this.text.charCodeAt(this.at);
      if (unit == 0x22) {
        out += this.text.substring(start, this.at++);
        return out;
      }
      if (unit < 0x20) break;
      if (unit != 0x5c) {
        this.at++;
        continue;
      }
      out += this.text.substring(start, this.at) + this.escape();
      start = this.at;
    }
    this.failed = true;
    return "";
  }

  private escape(): string {
    const unit = this.at + 1 < this.text.length ? this.text.charCodeAt(this.at + 1) : 0;
    this.at += 2;
    switch (unit) {
      case 0x22:
      case 0x5c:
      case 0x2f:
        return String.fromCharCode(unit);
      case 0x62:
        return "\b";
      case 0x66:
        return "\f";
      case 0x6e:
        return "\n";
      case 0x72:
        return "\r";
      case 0x74:
        return "\t";
      case 0x75:
        return this.hex();
      default:
        this.failed = true;
        return "";
    }
  }

  private hex(): string {
    let code = 0;
    for (let i = 0; i < 4; i++) {
      const unit = this.peek() | 0x20;
      const digit = unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : this.peek() >= 0x30 && this.peek() <= 0x39 ? this.peek() - 0x30 : -1;
      if (digit < 0) {
        this.failed = true;
        return "";
      }
      code = code * 16 + digit;
      this.at++;
    }
    return String.fromCharCode(code);
  }

  private number(): Json {
    const start = this.at;
    this.take(0x2d);
    const leading = this.peek();
    const whole = this.digits();
    let good = whole > 0 && !(leading == 0x30 && whole > 1);
    if (this.take(0x2e)) good = this.digits() > 0 && good;
    if ((this.peek() | 0x20) == 0x65) {
      this.at++;
      if (!this.take(0x2b)) this.take(0x2d);
      good = this.digits() > 0 && good;
    }
    return good ? Json.number(parseFloat(this.text.substring(start, this.at))) : this.fail();
  }

  private digits(): i32 {
    const start = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) this.at++;
    return this.at - start;
  }

  private word(word: string): bool {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private space(): void {
    while (this.peek() == 0x20 || (this.peek() >= 0x09 && this.peek() <= 0x0d && this.peek() != 0x0b && this.peek() != 0x0c))
      this.at++;
  }

  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private take(unit: i32): bool {
    if (this.peek() != unit) return false;
    this.at++;
    return true;
  }

  private fail(): Json {
    this.failed = true;
    this.at = this.text.length;
    return Json.null();
  }
}
