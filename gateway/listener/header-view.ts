/**
 * HeaderView over a Headers object that belongs to somebody else: read in place until the first change, which makes the
 * one copy that is then handed on. Used for answers.
 */
import type { HeaderView } from '../exchange.ts';

export class CopyOnWriteHeaders implements HeaderView {
  #headers: Headers;
  #owned: boolean;

  /** `owned`: the Headers are nobody else's and may be changed in place. */
  constructor(headers: Headers, owned = false) {
    this.#headers = headers;
    this.#owned = owned;
  }

  get size(): number {
    return [...this.#headers.keys()].length;
  }

  get(name: string): string | null {
    return this.#headers.get(name);
  }

  first(name: string): string | null {
    return this.#headers.get(name);
  }

  has(name: string): boolean {
    return this.#headers.has(name);
  }

  set(name: string, value: string): void {
    this.#own().set(name, value);
  }

  append(name: string, value: string): void {
    this.#own().append(name, value);
  }

  remove(name: string): void {
    if (this.#headers.has(name)) this.#own().delete(name);
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
