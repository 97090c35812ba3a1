/**
 * The request's headers: their names are read once, so that asking for what is not there (most questions) never leaves
 * JavaScript; values are read in place until the first change, which makes the one copy that goes upstream.
 * docs/performance.md, "Headers", has the measurements behind this.
 */
import type { HeaderView } from '../exchange.ts';

export class RequestHeaderView implements HeaderView {
  #headers: Headers;
  #owned = false;
  /** A list, for there are few: asking a list costs less than making a Set. */
  #names: string[] = [];
  /** First lines of headers to which we have appended. */
  #firstLines: Map<string, string> | undefined;

  constructor(headers: Headers) {
    this.#headers = headers;
    // Not `keys()`: the runtime's iterators cost several times as much (docs/performance.md, "Headers").
    const names = this.#names;
    headers.forEach((_, name) => {
      names.push(name);
    });
  }

  get names(): readonly string[] {
    return this.#names;
  }

  get size(): number {
    return this.#names.length;
  }

  get(name: string): string | null {
    return this.#names.includes(name) ? this.#headers.get(name) : null;
  }

  first(name: string): string | null {
    return this.#firstLines?.get(name) ?? this.get(name);
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  set(name: string, value: string): void {
    this.#know(name);
    this.#firstLines?.delete(name);
    this.#own().set(name, value);
  }

  append(name: string, value: string): void {
    const before = this.first(name);
    if (before !== null) {
      this.#firstLines ??= new Map();
      this.#firstLines.set(name, before);
    }
    this.#know(name);
    this.#own().append(name, value);
  }

  remove(name: string): void {
    if (!this.#names.includes(name)) return;
    this.#names = this.#names.filter((other) => other !== name);
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

  #know(name: string): void {
    if (!this.#names.includes(name)) this.#names.push(name);
  }

  #own(): Headers {
    if (!this.#owned) {
      this.#headers = new Headers(this.#headers);
      this.#owned = true;
    }
    return this.#headers;
  }
}
