/** Header operations of routes and destinations, folded once: remove, then set, then add. */
import type { Exchange, HeaderView } from '../exchange.ts';
import type {
  Destination,
  ForwardAction,
  HeaderCondition,
  HeaderFormat,
  HeaderOperation,
  HeaderOperations,
  Route,
} from '../snapshot.ts';
import { headerRender, type Render } from '../telemetry/format/render.ts';
import { foldWeights } from '../upstream/weights.ts';

/** Changes the headers of one direction; values are rendered from the exchange as it is then. */
export type HeaderChange = (headers: HeaderView, exchange: Exchange) => void;

/** The authority is no header for us: the router sets it (see `authorityOf`). */
const AUTHORITY = new Set([':authority', 'host']);

/**
 * Several operations as one: everything is removed first, then every value is rendered, then set, then added. So a value
 * never sees what its neighbours set, and a later operation cannot remove what an earlier one has set.
 * @returns undefined when there is nothing to do, so that the caller can leave the step out
 */
export function foldHeaderOperations(...operations: (HeaderOperation | undefined)[]): HeaderChange | undefined {
  const removed = operations.flatMap((operation) => (operation?.remove ?? []).map((name) => name.toLowerCase()));
  const set = operations.flatMap((operation) => renders(operation?.set));
  const added = operations.flatMap((operation) => renders(operation?.add));
  const all = [...set, ...added];
  if (removed.length + all.length === 0) return undefined;
  return (headers, exchange) => {
    for (const name of removed) headers.remove(name);
    const values = all.map((edit) => valueFor(edit, headers, exchange));
    all.forEach(({ name }, index) => {
      const value = values[index];
      if (value === undefined) return;
      if (index < set.length) headers.set(name, value);
      else append(headers, name, value);
    });
  };
}

/** Of these Envoy keeps one line, to which it adds behind a comma, whatever else it knows (asked of a real one); others get another line. */
const ONE_LINE = new Set([
  'accept',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-request-method',
  'age',
  'authorization',
  'cache-control',
  'content-type',
  'etag',
  'expires',
  'if-match',
  'last-modified',
  'location',
  'origin',
  'pragma',
  'referer',
  'user-agent',
  'via',
  'x-client-trace-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-request-id',
]);

function append(headers: HeaderView, name: string, value: string): void {
  const before = ONE_LINE.has(name) ? headers.get(name) : null;
  if (before === null) headers.append(name, value);
  else headers.set(name, `${before},${value}`);
}

interface Edit {
  name: string;
  render: Render;
  condition: HeaderCondition;
}

/** undefined: no header at all, as for an operator without a value (captured: headers/operators). */
function valueFor({ name, render, condition }: Edit, headers: HeaderView, exchange: Exchange): string | undefined {
  const { only, keepEmpty } = condition;
  if (only !== undefined && headers.has(name) !== (only === 'present')) return undefined;
  const value = render(exchange);
  return value === '' && !keepEmpty ? undefined : value;
}

/** The authority that `set` (or `add`) gives, if any. */
function foldAuthority(operation: HeaderOperation | undefined): Render | undefined {
  const all = [...(operation?.set ?? []), ...(operation?.add ?? [])];
  const found = all.findLast(([name]) => AUTHORITY.has(name.toLowerCase()));
  return found && headerRender(found[1]);
}

function renders(formats: readonly HeaderFormat[] | undefined): Edit[] {
  return (formats ?? [])
    .map(([name, format, condition = {}]) => ({ name: name.toLowerCase(), render: headerRender(format), condition }))
    .filter(({ name }) => !AUTHORITY.has(name));
}

/**
 * Route level and destination level as Istio hands them to Envoy: with one destination both are one set of operations, the
 * destination's behind the route's; with several, each destination's run on their own before the route's, so that the route
 * wins (captured: headers/both-levels, both-levels-weighted).
 */
export function foldLevels(
  route: Route,
  action: ForwardAction,
  destination: Destination,
  direction: keyof HeaderOperations,
): HeaderChange | undefined {
  const [outer, inner] = [route.headers?.[direction], destination.headers?.[direction]];
  const levels = action.destinations.length === 1 ? [[outer, inner]] : [[inner], [outer]];
  return inTurn([...levels.map((level) => foldHeaderOperations(...level)), ...outerChanges(route, direction)]);
}

/** The virtual host's and the route table's. */
function outerChanges({ outerHeaders }: Route, direction: keyof HeaderOperations): (HeaderChange | undefined)[] {
  if (outerHeaders === undefined) return [];
  const { virtualHost, table } = outerHeaders;
  return [foldHeaderOperations(virtualHost?.[direction]), foldHeaderOperations(table?.[direction])];
}

/** Each sees what those before it did. */
function inTurn(changes: readonly (HeaderChange | undefined)[]): HeaderChange | undefined {
  const some = changes.filter((change) => change !== undefined);
  if (some.length < 2) return some[0];
  return (headers, exchange) => {
    for (const change of some) change(headers, exchange);
  };
}

/** The authority that a request's operations set, the winning level's. */
export function foldLevelsAuthority(route: Route, action: ForwardAction, destination: Destination): Render | undefined {
  const [outer, inner] = [foldAuthority(route.headers?.request), foldAuthority(destination.headers?.request)];
  return action.destinations.length === 1 ? (inner ?? outer) : (outer ?? inner);
}

/** The route's operations on response headers, those of the chosen destination included. */
export function foldRouteHeaders(route: Route): HeaderChange | undefined {
  const { action } = route;
  if (action.kind !== 'forward')
    return inTurn([foldHeaderOperations(route.headers?.response), ...outerChanges(route, 'response')]);
  const changes = action.destinations.map((destination) => foldLevels(route, action, destination, 'response'));
  if (changes.length === 1 || changes.every((change) => change === undefined)) return changes[0];
  const choose = foldWeights(action.destinations);
  return (headers, exchange) => changes[choose(exchange)]?.(headers, exchange);
}
