/** The exchange's headers as a filter's map: the platform's Headers, with the pseudo headers where Envoy has them. */
import type { Exchange, HeaderView } from '../exchange.ts';
import type { HeaderMap } from './header-map.ts';

const COLON = 58;

abstract class EdgeHeaders implements HeaderMap {
  protected readonly exchange: Exchange;
  #size = -1;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  protected abstract readonly view: HeaderView;
  protected abstract pseudo(): [string, string][];
  protected abstract getPseudo(name: string): string | null;
  protected abstract setPseudo(name: string, value: string): void;

  /**
   * Counting the platform's headers costs more than the rest of a filter, so they are counted once and then by what
   * filters change. What other phases change in between is not seen; the number is a hint in Envoy's interface too.
   */
  get size(): number {
    if (this.#size < 0) this.#size = this.pseudo().length + this.view.size - (this.view.has('host') ? 1 : 0);
    return this.#size;
  }

  get(name: string): string | null {
    return isPseudo(name) ? this.getPseudo(name) : this.#read(name.toLowerCase());
  }

  /** The platform has joined the lines of every name but this one; `host` is no header but `:authority`. */
  joined(name: string): string | null {
    const key = name.toLowerCase();
    if (key === 'host') return null;
    if (key !== 'set-cookie') return this.get(key);
    const lines = this.entries().filter(([other]) => other === key);
    return lines.length > 0 ? lines.map(([, value]) => value).join(',') : null;
  }

  add(name: string, value: string): void {
    if (isPseudo(name)) this.setPseudo(name, value);
    else this.view.append(this.#counted(name), value);
  }

  set(name: string, value: string): void {
    if (isPseudo(name)) this.setPseudo(name, value);
    else this.view.set(this.#counted(name), value);
  }

  /** A pseudo header cannot be absent here. */
  remove(name: string): void {
    const key = name.toLowerCase();
    if (isPseudo(key) || this.#read(key) === null) return;
    if (this.#size > 0) this.#size -= 1;
    this.view.remove(key);
  }

  entries(): [string, string][] {
    return [...this.pseudo(), ...[...this.view.entries()].filter(([name]) => name !== 'host')];
  }

  /** What Headers throws for: Envoy just finds nothing under such a name. */
  #read(key: string): string | null {
    try {
      return this.view.get(key);
    } catch {
      return null;
    }
  }

  /** Counts a line that is about to come, and gives its name as the platform knows it. */
  #counted(name: string): string {
    const key = name.toLowerCase();
    if (this.#size >= 0 && !this.view.has(key)) this.#size += 1;
    return key;
  }
}

function isPseudo(name: string): boolean {
  return name.charCodeAt(0) === COLON;
}

export class EdgeRequestHeaders extends EdgeHeaders {
  protected get view(): HeaderView {
    return this.exchange.requestHeaders;
  }

  override get(name: string): string | null {
    return name === 'host' ? this.exchange.authority : super.get(name);
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

  protected getPseudo(name: string): string | null {
    switch (name) {
      case ':path':
        return this.exchange.path;
      case ':method':
        return this.exchange.method;
      case ':authority':
        return this.exchange.authority;
      case ':scheme':
        return this.exchange.scheme;
      default:
        return null;
    }
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

  protected getPseudo(name: string): string | null {
    return name === ':status' ? String(this.exchange.status) : null;
  }

  protected setPseudo(name: string, value: string): void {
    const status = Number(value);
    if (name !== ':status' || !(status >= 200 && status <= 599)) throw new TypeError(`${name} cannot be ${value}`);
    this.exchange.status = status;
  }
}
