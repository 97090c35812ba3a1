/** Reads JSON's text (RFC 8259, 2 to 7) in one pass, from left to right. */
import { Json } from "./json";

const MAX_DEPTH: i32 = 64;

export class JsonReader {
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
