/** The x-ratelimit-* headers (draft 03), for the global and the local filter. */
import type { HeaderView } from '../exchange.ts';
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

export function addAll(headers: HeaderView, pairs: Pairs): void {
  for (const [name, value] of pairs) headers.append(name, value);
}
