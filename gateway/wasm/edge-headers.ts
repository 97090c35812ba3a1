/** The exchange's headers as a filter's map: the platform's Headers, with the pseudo headers where Envoy has them. */
import type { Exchange, HeaderView } from '../exchange.ts';
import type { HeaderMap } from './header-map.ts';

/** What Headers would throw for: Envoy just finds nothing under such a name. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

abstract class EdgeHeaders implements HeaderMap {
  protected readonly exchange: Exchange;
  #size = -1;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  protected abstract readonly view: HeaderView;
  protected abstract pseudo(): [string, string][];
  protected abstract setPseudo(name: string, value: string): void;

  /**
   * Going through the platform's headers costs more than the rest of a filter, so they are counted once and then by what
   * filters change. What other phases change in between is not seen; the number is a hint in Envoy's interface too.
   */
  get size(): number {
    if (this.#size < 0) this.#size = this.entries().length;
    return this.#size;
  }

  get(name: string): string | null {
    if (name.charCodeAt(0) === 58) return this.pseudo().find(([other]) => other === name)?.[1] ?? null;
    return TOKEN.test(name) ? this.view.get(name) : null;
  }

  add(name: string, value: string): void {
    if (name.charCodeAt(0) === 58) {
      this.setPseudo(name, value);
      return;
    }
    this.#size += this.view.has(name) ? 0 : 1;
    this.view.append(name, value);
  }

  set(name: string, value: string): void {
    if (name.charCodeAt(0) === 58) {
      this.setPseudo(name, value);
      return;
    }
    this.#size += this.view.has(name) ? 0 : 1;
    this.view.set(name, value);
  }

  /** A pseudo header cannot be absent here. */
  remove(name: string): void {
    if (!TOKEN.test(name) || !this.view.has(name)) return;
    this.#size -= 1;
    this.view.remove(name);
  }

  entries(): [string, string][] {
    return [...this.pseudo(), ...[...this.view.entries()].filter(([name]) => name !== 'host')];
  }
}

export class EdgeRequestHeaders extends EdgeHeaders {
  protected get view(): HeaderView {
    return this.exchange.requestHeaders;
  }

  override get(name: string): string | null {
    if (name === ':path') return this.exchange.path;
    if (name === ':authority' || name === 'host') return this.exchange.authority;
    return super.get(name);
  }

  protected pseudo(): [string, string][] {
    const { authority, path, method, scheme } = this.exchange;
    return [
      [':authority', authority],
      [':path', path],
      [':method', method],
      [':scheme', scheme],
    ];
  }

  protected setPseudo(name: string, value: string): void {
    if (name === ':path') this.exchange.path = value;
    else if (name === ':authority') this.exchange.authority = value;
    else if (name === ':method') this.exchange.method = value;
    else throw new TypeError(`${name} cannot be changed here`);
  }
}

export class EdgeResponseHeaders extends EdgeHeaders {
  protected get view(): HeaderView {
    return this.exchange.responseHeaders;
  }

  protected pseudo(): [string, string][] {
    return [[':status', String(this.exchange.status)]];
  }

  protected setPseudo(name: string, value: string): void {
    const status = Number(value);
    if (name !== ':status' || !(status >= 200 && status <= 599)) throw new TypeError(`${name} cannot be ${value}`);
    this.exchange.status = status;
  }
}
