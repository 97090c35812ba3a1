/**
 * The request's headers: names and values are read once, so that no question leaves JavaScript; the first change makes the one
 * copy that goes upstream. docs/performance.md, "Headers", has the measurements behind this.
 */
import type { HeaderView } from '../exchange.ts';

export class RequestHeaderView implements HeaderView {
  #headers: Headers;
  #owned = false;
  /** Lists, for there are few: asking a list costs less than making a Map. */
  #names: string[] = [];
  /** Of the same places; undefined where it was changed since, for the runtime may have written it differently. */
  #values: (string | undefined)[] = [];
  /** First lines of headers to which we have appended. */
  #firstLines: Map<string, string> | undefined;

  constructor(headers: Headers) {
    this.#headers = headers;
    // Not `keys()`: the runtime's iterators cost several times as much (docs/performance.md, "Headers").
    const names = this.#names;
    const values = this.#values;
    headers.forEach((value, name) => {
      names.push(name);
      values.push(value);
    });
  }

  get names(): readonly string[] {
    return this.#names;
  }

  get size(): number {
    return this.#names.length;
  }

  get(name: string): string | null {
    const place = this.#names.indexOf(name);
    if (place < 0) return null;
    const value = this.#values[place];
    // Its lines are told one by one; here they are asked for as one.
    return value === undefined || name === 'set-cookie' ? this.#headers.get(name) : value;
  }

  first(name: string): string | null {
    return this.#firstLines?.get(name) ?? this.get(name);
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  set(name: string, value: string): void {
    this.#firstLines?.delete(name);
    this.#own().set(name, value);
    this.#changed(name);
  }

  append(name: string, value: string): void {
    const before = this.first(name);
    if (before !== null) {
      this.#firstLines ??= new Map();
      this.#firstLines.set(name, before);
    }
    this.#own().append(name, value);
    this.#changed(name);
  }

  remove(name: string): void {
    if (!this.#names.includes(name)) return;
    const names = this.#names;
    this.#names = names.filter((other) => other !== name);
    this.#values = this.#values.filter((_, place) => names[place] !== name);
    this.#firstLines?.delete(name);
    this.#own().delete(name);
  }

  entries(): Iterable<[name: string, value: string]> {
    return this.#headers;
  }

  /** The Headers as they are now; not to be changed by the caller. */
  headers(): Headers {
    return this.#headers;
  }

  #changed(name: string): void {
    const place = this.#names.indexOf(name);
    if (place >= 0) this.#values[place] = undefined;
    else this.#values[this.#names.push(name) - 1] = undefined;
  }

  #own(): Headers {
    if (!this.#owned) {
      this.#headers = new Headers(this.#headers);
      this.#owned = true;
    }
    return this.#headers;
  }
}
