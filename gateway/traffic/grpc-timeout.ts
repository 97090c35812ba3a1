/**
 * gRPC's own deadline. Istio gives every route's timeout as `max_grpc_timeout` too, so that a client's grpc-timeout holds where it is
 * the shorter one or the route has none (Envoy: FilterUtility::finalTimeout; a real Istio's gateway does so).
 */
import type { HeaderView } from '../exchange.ts';
import { isGrpc } from '../listener/local-reply.ts';

const MS_PER_UNIT: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** gRPC's limit of digits in the header. */
const LONGEST = 99_999_999;

/** The timeout of the whole answer in ms, 0 = none; undefined when the request is not gRPC. @param routeMs 0 = none */
export function grpcTimeoutMs(headers: HeaderView, routeMs: number): number | undefined {
  if (!isGrpc(headers.get('content-type'))) return undefined;
  const clientMs = parseTimeout(headers.get('grpc-timeout') ?? '');
  return routeMs > 0 && (clientMs === 0 || clientMs > routeMs) ? routeMs : clientMs;
}

/** What the upstream is told of a timeout. @param ms more than 0 */
export function grpcTimeout(ms: number): string {
  const units: readonly [string, number][] = [
    ['m', 1],
    ['S', 1000],
    ['M', 60_000],
    ['H', 3_600_000],
  ];
  const [unit, size] = units.find(([, each]) => ms / each <= LONGEST) ?? ['H', 3_600_000];
  return `${Math.min(LONGEST, Math.floor(ms / size))}${unit}`;
}

/** Milliseconds, parts of one counting as a whole; 0 for what is not of the header's form. */
function parseTimeout(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return digits === undefined ? 0 : Math.ceil(Number(digits) * (MS_PER_UNIT[unit] ?? 0));
}
