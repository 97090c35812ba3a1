/** The choice between a route's destinations, made once for a request: its response headers depend on it too. */
import type { Exchange } from '../exchange.ts';
import type { Destination } from '../snapshot.ts';

/** Folds to the index of the destination; a single one is taken whatever its weight. */
export function foldWeights(destinations: readonly Destination[]): (exchange: Exchange) => number {
  if (destinations.length === 1) return () => 0;
  const ends: number[] = [];
  let total = 0;
  for (const { weight } of destinations) {
    total += weight;
    ends.push(total);
  }
  const draw = () => {
    const point = Math.random() * total;
    return Math.max(
      0,
      ends.findIndex((end) => point < end),
    );
  };
  return (exchange) => {
    exchange.destination ??= draw();
    return exchange.destination;
  };
}
