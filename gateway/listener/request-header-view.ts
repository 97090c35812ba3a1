/**
 * The request's headers: their names are read once, so that asking for what is not there (most questions) never leaves
 * JavaScript; values are read in place until the first change, which makes the one copy that goes upstream.
 * docs/performance.md, "Headers", has the measurements behind this.
 */
import type { HeaderView } from '../exchange.ts';

export class RequestHeaderView implements HeaderView {
  #headers: Headers;
  #owned = false;
  readonly #names: Set<string>;
  /** First lines of headers to which we have appended. */
  #firstLines: Map<string, string> | undefined;

  constructor(headers: Headers) {
    this.#headers = headers;
    this.#names = new Set(headers.keys());
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  get size(): number {
    return this.#names.size;
  }

  get(name: string): string | null {
    return this.#names.has(name) ? this.#headers.get(name) : null;
  }

  first(name: string): string | null {
    return this.#firstLines?.get(name) ?? this.get(name);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  set(name: string, value: string): void {
    this.#names.add(name);
    this.#firstLines?.delete(name);
    this.#own().set(name, value);
  }

  append(name: string, value: string): void {
    const before = this.first(name);
    if (before !== null) {
      this.#firstLines ??= new Map();
      this.#firstLines.set(name, before);
    }
    this.#names.add(name);
    this.#own().append(name, value);
  }

  remove(name: string): void {
    if (!this.#names.delete(name)) return;
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

  #own(): Headers {
    if (!this.#owned) {
      this.#headers = new Headers(this.#headers);
      this.#owned = true;
    }
    return this.#headers;
  }
}
