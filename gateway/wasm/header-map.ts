/** Headers as a filter sees them: pseudo headers (`:path`, `:status`) and lower-case names in one ordered multimap. */

export interface HeaderMap {
  /** How many lines there are; the number that the headers callback is given. */
  readonly size: number;
  /** The first line of that name, or null. `name` may have any case. */
  get(name: string): string | null;
  /** All lines of that name, joined by ",", or null; get_property shows a header so. */
  joined(name: string): string | null;
  add(name: string, value: string): void;
  /** Leaves one line of that name. */
  set(name: string, value: string): void;
  remove(name: string): void;
  entries(): [name: string, value: string][];
}

/**
 * Envoy's inline headers: a repeated line of one of these is joined to the first with "," as it arrives, so that get()
 * shows all of it; lines of every other name stay apart (Envoy 1.40, envoy/http/header_map.h; captured: accept "x,y").
 */
const INLINE = new Set([
  ...[':authority', ':method', ':path', ':scheme', ':status', 'accept', 'accept-encoding', 'authorization', 'host'],
  ...[
    'cache-control',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'etag',
    'expect',
    'keep-alive',
  ],
  ...['access-control-request-headers', 'access-control-request-method', 'forwarded', 'grpc-timeout', 'if-match', 'te'],
  ...['if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'origin', 'proxy-connection', 'referer'],
  ...['transfer-encoding', 'upgrade', 'user-agent', 'via', 'x-forwarded-for', 'x-forwarded-proto', 'x-request-id'],
  ...['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-expose-headers', 'age'],
  ...['date', 'expires', 'last-modified', 'location', 'server', 'vary', 'grpc-status', 'grpc-message', 'content-range'],
]);

/** The harness's map, and the one for callouts: keeps every line, joins inline ones as Envoy does. */
export class HeaderLines implements HeaderMap {
  #lines: [string, string][] = [];

  constructor(lines: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of lines) this.add(name, value);
  }

  get size(): number {
    return this.#lines.length;
  }

  get(name: string): string | null {
    return this.#find(name.toLowerCase())?.[1] ?? null;
  }

  joined(name: string): string | null {
    const key = name.toLowerCase();
    const values = this.#lines.filter(([other]) => other === key).map(([, value]) => value);
    return values.length > 0 ? values.join(',') : null;
  }

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    const line = INLINE.has(key) ? this.#find(key) : undefined;
    if (line) line[1] = `${line[1]},${value}`;
    else this.#lines.push([key, value]);
  }

  set(name: string, value: string): void {
    const key = name.toLowerCase();
    const line = this.#find(key);
    if (!line) return void this.#lines.push([key, value]);
    line[1] = value;
    this.#lines = this.#lines.filter((other) => other === line || other[0] !== key);
  }

  remove(name: string): void {
    const key = name.toLowerCase();
    this.#lines = this.#lines.filter(([other]) => other !== key);
  }

  entries(): [string, string][] {
    return this.#lines.map(([name, value]) => [name, value]);
  }

  #find(key: string): [string, string] | undefined {
    return this.#lines.find(([name]) => name === key);
  }
}

/** Bytes of all names and values, which is what proxy_get_header_map_size answers in Envoy. */
export function byteSize(map: HeaderMap): number {
  return map.entries().reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}
