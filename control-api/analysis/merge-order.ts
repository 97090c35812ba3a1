/** The final order of a host's routes, with where each came from: several VirtualServices may have written them. */
import type { Origin, Route, RouteMatch, Snapshot, StringMatch } from '../../gateway/snapshot.ts';
import { describe, type Resource } from '../resources/resource.ts';

export interface OrderedRoute {
  /** `VirtualService default/reviews` */
  resource: string;
  /** `http[2].match[0]` */
  path?: string;
  /** `file:line:col` */
  at?: string;
  name?: string;
  match: string;
  action: string;
}
export interface OrderedHost {
  routeTable: string;
  domains: string[];
  requireTls: boolean;
  routes: OrderedRoute[];
}

/** @param resources what the Snapshot was compiled from, for the places in files */
export function mergeOrder(snapshot: Snapshot, resources: readonly Resource[]): OrderedHost[] {
  const byName = new Map(resources.map((resource) => [describe(resource), resource]));
  return Object.values(snapshot.routeTables).flatMap(({ name, virtualHosts }) =>
    virtualHosts.map(({ domains, requireTls = false, routes }) => ({
      routeTable: name,
      domains,
      requireTls,
      routes: routes.map((route) => orderedRoute(route, placeOf(route.origin, byName))),
    })),
  );
}

/** `http[2].match[0]` of the origin's resource → `file:line:col`. */
function placeOf(
  { kind, namespace, name, path = '' }: Origin,
  byName: ReadonlyMap<string, Resource>,
): string | undefined {
  const resource = byName.get(`${kind} ${namespace}/${name}`);
  if (!resource) return undefined;
  const parts = (path.match(/[^.[\]]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const { file, line, column } = resource.at(['spec', ...parts]);
  return `${file}:${line}:${column}`;
}

function orderedRoute({ name, match, action, origin }: Route, at: string | undefined): OrderedRoute {
  return {
    resource: `${origin.kind} ${origin.namespace}/${origin.name}`,
    ...(origin.path && { path: origin.path }),
    ...(at && { at }),
    ...(name && { name }),
    match: matchText(match),
    action: actionText(action),
  };
}

const valueText = (match: StringMatch | { kind: 'present' }): string =>
  match.kind === 'present' ? 'present' : `${match.kind} ${JSON.stringify(match.value)}`;

/** `prefix "/a" and header x-user exact "jo"`; `everything` without a condition. */
function matchText({ path, caseInsensitive, headers = [], queryParams = [], claims = [] }: RouteMatch): string {
  const parts = [
    ...(path ? [`${path.kind} ${JSON.stringify(path.value)}${caseInsensitive ? ' in any case' : ''}`] : []),
    ...headers.map(({ name, match, invert }) => `${invert ? 'not ' : ''}header ${name} ${valueText(match)}`),
    ...queryParams.map(({ name, match }) => `query ${name} ${valueText(match)}`),
    ...claims.map(
      ({ path: claim, match, invert }) => `${invert ? 'not ' : ''}claim ${claim.join('.')} ${valueText(match)}`,
    ),
  ];
  return parts.join(' and ') || 'everything';
}

function actionText(action: Route['action']): string {
  if (action.kind === 'redirect') return `redirect ${action.status}`;
  if (action.kind === 'direct') return `answer ${action.status}`;
  const [only, ...more] = action.destinations;
  if (more.length === 0) return `to ${only?.cluster ?? 'nowhere'}`;
  return `to ${action.destinations.map(({ cluster, weight }) => `${cluster} (${weight})`).join(', ')}`;
}
