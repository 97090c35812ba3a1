/** Actions that read one thing: a header, the client's address, a cluster's name, a constant. */
import ipaddr from 'ipaddr.js';
import type { Exchange } from '../../exchange.ts';
import { headerReader } from '../../route/route-matcher.ts';
import type { ActionValue, RateLimitAction } from '../../snapshot.ts';
import { headerRender } from '../../telemetry/format/render.ts';
import { foldWeights } from '../../upstream/weights.ts';
import type { EntryMaker } from './descriptor.ts';

type Action<Kind extends RateLimitAction['kind']> = Extract<RateLimitAction, { kind: Kind }>;

/** Headers of which one line usually holds ", ": of every other, what workerd joined from several lines is split. */
export const WITH_COMMAS = new Set(['user-agent', 'date', 'if-modified-since', 'if-unmodified-since', 'cookie']);

/**
 * The first line of the header; an empty one is a value. workerd hands repeated lines over joined by ", ", so a client
 * could otherwise get a fresh counter by adding lines.
 */
export function requestHeader(action: Action<'requestHeaders'>): EntryMaker {
  const { headerName, descriptorKey: key } = action;
  const absent = action.skipIfAbsent ? 'omit' : 'drop';
  const read = headerReader(headerName);
  if (headerName.startsWith(':') || WITH_COMMAS.has(headerName)) {
    return (exchange) => {
      const value = read(exchange);
      return value === null ? absent : { key, value };
    };
  }
  return (exchange) => {
    const value = read(exchange);
    if (value === null) return absent;
    const comma = value.indexOf(', ');
    return { key, value: comma < 0 ? value : value.slice(0, comma) };
  };
}

/**
 * A key with a value of the configuration's own. With a format (behind Envoy's runtime flag) an empty result drops the
 * descriptor, unless there is a default.
 */
export function ownValue({
  descriptorKey: key,
  descriptorValue: value,
  defaultValue,
  format,
}: ActionValue): EntryMaker {
  if (format === undefined) return () => ({ key, value });
  const render = headerRender(format);
  return (exchange) => {
    const rendered = render(exchange) || defaultValue || '';
    return rendered === '' ? 'drop' : { key, value: rendered };
  };
}

/** The trusted client address, whole or with its host part masked. */
export function addressAction(action: Action<'remoteAddress'> | Action<'maskedRemoteAddress'>): EntryMaker {
  if (action.kind === 'remoteAddress') return (exchange) => ({ key: 'remote_address', value: exchange.clientAddress });
  const { v4PrefixMaskLen: v4, v6PrefixMaskLen: v6 } = action;
  return (exchange) => {
    const value = masked(exchange.clientAddress, v4, v6);
    return value === undefined ? 'drop' : { key: 'masked_remote_address', value };
  };
}

/** The trusted client address is in one of the ranges, or, inverted, in none. */
export function addressMatch(action: Action<'remoteAddressMatch'>): EntryMaker {
  const ranges = action.ranges.map((range) => ipaddr.parseCIDR(range));
  const make = ownValue(action);
  return (exchange) => (isIn(ranges, exchange.clientAddress) === action.invert ? 'drop' : make(exchange));
}

function isIn(ranges: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][], text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  return ranges.some(([prefix, bits]) => prefix.kind() === address.kind() && address.match(prefix, bits));
}

function masked(address: string, v4: number, v6: number): string | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const bits = ipaddr.parse(address).kind() === 'ipv4' ? v4 : v6;
  const family = ipaddr.parse(address).kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${address}/${bits}`)}/${bits}`;
}

/** The proxy's own node cluster, or the cluster that the route sends this request to. */
export function clusterAction(action: Action<'sourceCluster'> | Action<'destinationCluster'>): EntryMaker {
  if (action.kind === 'sourceCluster') {
    return (exchange) => ({ key: 'source_cluster', value: exchange.snapshot.mesh.nodeCluster });
  }
  return (exchange) => {
    const value = clusterOf(exchange);
    return value === undefined ? 'drop' : { key: 'destination_cluster', value };
  };
}

function clusterOf(exchange: Exchange): string | undefined {
  const action = exchange.route?.action;
  if (action?.kind !== 'forward') return undefined;
  return action.destinations[foldWeights(action.destinations)(exchange)]?.cluster;
}
