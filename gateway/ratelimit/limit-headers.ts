/** The x-ratelimit-* headers (draft 03), for the global and the local filter. */
import type { Exchange, HeaderView } from '../exchange.ts';
import type { HeaderValue } from '../snapshot.ts';
import { headerRender } from '../telemetry/format/render.ts';
import type { Decision } from './decision.ts';
import { UNIT_SECONDS } from './units.ts';

export type Pairs = [name: string, value: string][];

/**
 * The status with the least remaining (the first on ties) gives the numbers; the limit is followed by every limit with
 * its window. Without any limit there are no headers.
 */
export function rateLimitHeaders({ statuses }: Decision): Pairs {
  const limited = statuses.filter((status) => status.currentLimit !== undefined);
  const [first, ...others] = limited;
  if (!first) return [];
  const least = others.reduce((a, b) => (b.limitRemaining < a.limitRemaining ? b : a), first);
  const windows = limited.map(({ currentLimit }) => {
    const { requestsPerUnit = 0, unit = 'SECOND', name } = currentLimit ?? {};
    return `${requestsPerUnit};w=${UNIT_SECONDS[unit]}${name ? `;name="${name}"` : ''}`;
  });
  return [
    ['x-ratelimit-limit', [String(least.currentLimit?.requestsPerUnit), ...windows].join(', ')],
    ['x-ratelimit-remaining', String(least.limitRemaining)],
    ['x-ratelimit-reset', String(least.durationUntilReset)],
  ];
}

/** response_headers_to_add for one request; a value that comes out empty is left out. */
export function configured(headers: readonly HeaderValue[]): (exchange: Exchange) => Pairs {
  const renders = headers.map(({ name, value }) => ({ name, render: headerRender(value) }));
  return (exchange) =>
    renders.flatMap(({ name, render }): Pairs => {
      const value = render(exchange);
      return value === '' ? [] : [[name, value]];
    });
}

/** request_headers_to_add_when_not_enforced, appended or in the place of what is there. */
export function requestHeaders(headers: readonly HeaderValue[]): (exchange: Exchange) => void {
  const render = configured(headers);
  const appended = new Set(headers.flatMap(({ name, append }) => (append ? [name] : [])));
  return (exchange) => {
    for (const [name, value] of render(exchange)) {
      if (appended.has(name)) exchange.requestHeaders.append(name, value);
      else exchange.requestHeaders.set(name, value);
    }
  };
}

export function addAll(headers: HeaderView, pairs: Pairs): void {
  for (const [name, value] of pairs) headers.append(name, value);
}
