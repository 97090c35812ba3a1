/** Time, names, metadata and the process: everything that is not addresses, headers or the response. */
import type { Exchange } from '../../exchange.ts';
import { queryParameter } from '../../route/query.ts';
import type { Operator, Operators, Value } from './operator.ts';
import { formatTime } from './time.ts';

const always = (operator: Operator) => () => operator;

/** `namespace:key:key`; a scalar as it is, anything deeper as JSON. */
function dynamicMetadata(argument: string): Operator {
  const [namespace = '', ...keys] = argument.split(':');
  return (exchange) => {
    let value: unknown = metadataOf(exchange, namespace);
    for (const key of keys) value = isObject(value) ? value[key] : undefined;
    return textOf(value);
  };
}

function metadataOf(exchange: Exchange, namespace: string): unknown {
  if (namespace === 'envoy.filters.http.jwt_authn') return Object.fromEntries(exchange.verified);
  return exchange.metadata.get(namespace);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): Value {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return value;
  return typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

/** %PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)% */
function path(argument: string): Operator {
  const [query = 'WQ', which = 'ORIG_OR_PATH'] = argument.split(':');
  return (exchange) => {
    const original = which === 'PATH' ? null : exchange.requestHeaders.get('x-envoy-original-path');
    const value = original ?? (which === 'ORIG' ? undefined : exchange.path);
    return query === 'NQ' ? value?.split('?', 1)[0] : value;
  };
}

export const DATA_OPERATORS: Operators = {
  START_TIME: (argument) => (exchange) => formatTime(exchange.startTime, argument),
  EMIT_TIME: (argument) => () => formatTime(Date.now(), argument),
  ROUTE_NAME: always((exchange) => exchange.route?.name || undefined),
  VIRTUAL_HOST_NAME: always((exchange) => exchange.virtualHost?.name),
  DYNAMIC_METADATA: dynamicMetadata,
  METADATA: (argument) =>
    argument.startsWith('DYNAMIC:') ? dynamicMetadata(argument.slice('DYNAMIC:'.length)) : () => undefined,
  CLUSTER_METADATA: () => () => undefined,
  UPSTREAM_METADATA: () => () => undefined,
  PATH: path,
  QUERY_PARAMS: always((exchange) => exchange.path.split('?', 2)[1] || undefined),
  ACCESS_LOG_TYPE: always(() => 'DownstreamEnd'),
  QUERY_PARAM: (argument) => (exchange) => queryParameter(exchange.path, argument),
  HOSTNAME: always((exchange) => exchange.snapshot.mesh.nodeCluster || undefined),
  STREAM_ID: always((exchange) => exchange.requestHeaders.get('x-request-id') ?? undefined),
  UNIQUE_ID: always(() => crypto.randomUUID()),
  TRACE_ID: always((exchange) => exchange.requestHeaders.get('traceparent')?.split('-')[1]),
  ENVIRONMENT: (name) => (exchange) => textOf(exchange.env[name]) ?? '-',
  LITERAL: (text) => () => text,
  SNAPSHOT_ID: always((exchange) => exchange.snapshot.id),
};
