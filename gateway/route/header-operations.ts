/** Header operations of routes and destinations, folded once: remove, then set, then add. */
import type { Exchange, HeaderView } from '../exchange.ts';
import type { Destination, ForwardAction, HeaderOperation, HeaderOperations, Route } from '../snapshot.ts';
import { headerRender, type Render } from '../telemetry/format/render.ts';
import { foldWeights } from '../upstream/weights.ts';

/** Changes the headers of one direction; values are rendered from the exchange as it is then. */
export type HeaderChange = (headers: HeaderView, exchange: Exchange) => void;

/** The authority is no header for us: the router sets it (see `authorityOf`). */
const AUTHORITY = new Set([':authority', 'host']);

/** @returns undefined when there is nothing to do, so that the caller can leave the step out. */
export function foldHeaderOperation(operation: HeaderOperation | undefined): HeaderChange | undefined {
  if (operation === undefined) return undefined;
  const removed = (operation.remove ?? []).map((name) => name.toLowerCase());
  const set = renders(operation.set);
  const added = renders(operation.add);
  if (removed.length + set.length + added.length === 0) return undefined;
  return (headers, exchange) => {
    for (const name of removed) headers.remove(name);
    // An operator without a value sends no header at all (captured: headers/operators).
    for (const [name, render] of set) {
      const value = render(exchange);
      if (value !== '') headers.set(name, value);
    }
    for (const [name, render] of added) {
      const value = render(exchange);
      if (value !== '') headers.append(name, value);
    }
  };
}

/** The authority that `set` (or `add`) gives, if any. */
export function foldAuthority(operation: HeaderOperation | undefined): Render | undefined {
  const all = [...(operation?.set ?? []), ...(operation?.add ?? [])];
  const found = all.findLast(([name]) => AUTHORITY.has(name.toLowerCase()));
  return found && headerRender(found[1]);
}

function renders(pairs: [string, string][] | undefined): [string, Render][] {
  return (pairs ?? [])
    .map(([name, format]): [string, Render] => [name.toLowerCase(), headerRender(format)])
    .filter(([name]) => !AUTHORITY.has(name));
}

/** Runs several changes as one; undefined when none is left. */
export function inOrder(...changes: (HeaderChange | undefined)[]): HeaderChange | undefined {
  const kept = changes.filter((change) => change !== undefined);
  if (kept.length < 2) return kept[0];
  return (headers, exchange) => {
    for (const change of kept) change(headers, exchange);
  };
}

/**
 * Route level and destination level in the order in which they are applied: with one destination the route's first, so the
 * destination wins; with several the other way round (captured: headers/both-levels, both-levels-weighted).
 */
export function levelsOf(
  route: Route,
  action: ForwardAction,
  destination: Destination,
): (HeaderOperations | undefined)[] {
  const levels = [route.headers, destination.headers];
  return action.destinations.length > 1 ? levels.reverse() : levels;
}

/** The route's operations on response headers, those of the chosen destination included. */
export function foldRouteHeaders(route: Route): HeaderChange | undefined {
  const { action } = route;
  if (action.kind !== 'forward') return foldHeaderOperation(route.headers?.response);
  const changes = action.destinations.map((destination) =>
    inOrder(...levelsOf(route, action, destination).map((level) => foldHeaderOperation(level?.response))),
  );
  if (changes.length === 1 || changes.every((change) => change === undefined)) return changes[0];
  const choose = foldWeights(action.destinations);
  return (headers, exchange) => changes[choose(exchange)]?.(headers, exchange);
}
