/** proxy_get_property: the attributes that Envoy 1.40 shows, each serialised as its CEL type is. */
import { Status } from './abi.ts';
import type { Context } from './context.ts';
import { byteSize, HeaderLines, type HeaderMap } from './header-map.ts';
import type { Attributes } from './host.ts';
import { encodePairsWithCount } from './pairs.ts';

/** A number is 64 bits wide; `nanoseconds` is a time or a duration. */
type Value = string | Uint8Array | number | boolean | { nanoseconds: bigint } | HeaderMap;

/** The bytes of the property, or the status that says why there are none. `path` has its parts separated by zero bytes. */
export function readProperty(context: Context, path: string): string | Uint8Array | Status {
  if (path === '') return Status.SerializationFailure;
  const parts = partsOf(path);
  if (parts.length === 1 && context.stream && WHOLE_FAMILIES.has(path)) return Status.SerializationFailure;
  const value = ofPlugin(context, parts) ?? ofStream(context, parts);
  return value === undefined ? Status.NotFound : serialise(value);
}

/** Paths come again with every request; a guest that makes them up does not fill the isolate's memory with them. */
const MOST_PATHS = 1024;
const paths = new Map<string, readonly string[]>();

function partsOf(path: string): readonly string[] {
  const known = paths.get(path);
  if (known) return known;
  const parts = path.endsWith('\0') ? path.slice(0, -1).split('\0') : path.split('\0');
  if (paths.size < MOST_PATHS) paths.set(path, parts);
  return parts;
}

/** Families that Envoy cannot list. */
const WHOLE_FAMILIES = new Set(['request', 'response', 'source', 'destination', 'connection', 'upstream', 'xds']);

function ofPlugin({ plugin }: Context, parts: readonly string[]): Value | undefined {
  if (parts.length > 1) return undefined;
  const name = parts[0];
  if (name === 'plugin_name') return plugin.name;
  if (name === 'plugin_root_id') return plugin.rootId;
  return name === 'plugin_vm_id' ? plugin.vmId : undefined;
}

function ofStream(context: Context, parts: readonly string[]): Value | undefined {
  const { stream } = context;
  const [family = '', name, further] = parts;
  if (!stream) return undefined;
  const { attributes } = stream;
  if (name === undefined) return family === 'metadata' ? new Uint8Array(0) : stream.filterState.get(`wasm.${family}`);
  switch (family) {
    case 'request':
      return ofRequest(context, attributes, name, further);
    case 'response':
      return ofResponse(context, attributes, name, further);
    case 'filter_state':
      return stream.filterState.get(name);
    default:
      return further === undefined ? FAMILIES[family]?.[name]?.(attributes) : undefined;
  }
}

type Getter = (attributes: Attributes) => Value | undefined;
const FAMILIES: Readonly<Record<string, Readonly<Record<string, Getter>>>> = {
  source: { address: (a) => a.sourceAddress(), port: (a) => a.sourcePort() },
  destination: { address: (a) => a.destinationAddress(), port: (a) => a.destinationPort() },
  connection: {
    mtls: (a) => a.mtls(),
    id: () => 0,
    tls_version: (a) => a.tlsVersion(),
    requested_server_name: (a) => a.requestedServerName(),
  },
  upstream: { address: (a) => a.upstreamAddress(), port: (a) => a.upstreamPort() },
  xds: { cluster_name: (a) => a.clusterName(), route_name: (a) => a.routeName() },
};

/** Properties that are a header's value under another name. */
const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  path: ':path',
  host: ':authority',
  scheme: ':scheme',
  method: ':method',
  id: 'x-request-id',
  referer: 'referer',
  useragent: 'user-agent',
};

function ofRequest(context: Context, attributes: Attributes, name: string, header?: string): Value | undefined {
  const map = context.log?.requestHeaders ?? context.requestHeaders;
  if (name === 'headers') return headersOrOne(map, header);
  if (header !== undefined) return undefined;
  const alias = REQUEST_HEADERS[name];
  if (alias) return map?.get(alias) ?? undefined;
  switch (name) {
    case 'url_path':
      return map?.get(':path')?.split('?', 1)[0];
    case 'query':
      return queryOf(map);
    case 'protocol':
      return attributes.protocol();
    case 'time':
      return { nanoseconds: BigInt(attributes.startTimeMs()) * 1_000_000n };
    case 'duration':
      return milliseconds(attributes.durationMs());
    case 'size':
      return bodySize(map, attributes);
    case 'total_size':
      return attributes.requestSize() + (map ? byteSize(map) : 0);
    default:
      return undefined;
  }
}

function queryOf(map: HeaderMap | null): string | undefined {
  const path = map?.get(':path');
  if (path === undefined || path === null) return undefined;
  const mark = path.indexOf('?');
  return mark < 0 ? '' : path.slice(mark + 1).split('#', 1)[0];
}

/** The announced length where there is one, else what has arrived. */
function bodySize(map: HeaderMap | null, attributes: Attributes): number {
  const announced = map?.get('content-length');
  return announced && /^\d+$/.test(announced) ? Number(announced) : attributes.requestSize();
}

function ofResponse(context: Context, attributes: Attributes, name: string, header?: string): Value | undefined {
  const map = context.log ? context.log.responseHeaders : context.responseHeaders;
  if (name === 'headers') return headersOrOne(map, header);
  if (header !== undefined) return undefined;
  switch (name) {
    case 'code':
      return attributes.responseCode();
    case 'code_details':
      return attributes.responseDetails();
    case 'flags':
      return attributes.responseFlags();
    case 'size':
      return attributes.responseSize();
    case 'total_size':
      return attributes.responseSize() + (map ? byteSize(map) : 0);
    default:
      return undefined;
  }
}

const NO_HEADERS: HeaderMap = new HeaderLines();

/** The whole map as pairs, or one header with its lines joined by ",". */
function headersOrOne(map: HeaderMap | null, name: string | undefined): Value | undefined {
  return name === undefined ? (map ?? NO_HEADERS) : (map?.joined(name) ?? undefined);
}

function milliseconds(value: number | undefined): Value | undefined {
  return value === undefined ? undefined : { nanoseconds: BigInt(Math.round(value * 1e6)) };
}

function serialise(value: Value): string | Uint8Array {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  if (typeof value === 'number') return int64(BigInt(value));
  return 'nanoseconds' in value ? int64(value.nanoseconds) : encodePairsWithCount(value.entries());
}

function int64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, true);
  return bytes;
}
