/** The most common changes of a route table: a few VirtualServices have other routes, go or come. Whatever else is gathered anew. */
import type { Route } from '../../gateway/snapshot.ts';
import type { MergedVirtualService } from './delegates.ts';
import { type Edit, editsOf } from './edits.ts';
import { sameItems } from './memo.ts';
import type { OpenServer } from './merge-servers.ts';
import type { VirtualHosts } from './virtual-hosts.ts';

/** What one server takes from the VirtualServices that may use its Gateway. */
export interface ServerRoutes {
  open: OpenServer;
  virtualServices: readonly MergedVirtualService[];
  /** Every host of the server, in lower case. */
  all: readonly string[];
  hostsOf(virtualService: MergedVirtualService): readonly string[];
  routesOf(virtualService: MergedVirtualService): Route[];
}

/** What the table was made from before. */
export type ServedBefore = Pick<ServerRoutes, 'open' | 'virtualServices'>;

interface Changes {
  replaced: { hosts: readonly string[]; old: Route[]; now: Route[] }[];
  /** By the routes of a VirtualService at a Gateway, the hosts at all its servers. */
  gone: Map<Route[], { hosts: string[] }>;
  come: Map<Route[], Come>;
}
interface Come {
  hosts: string[];
  requireTls: boolean;
}

/** False: something else is different as well, or hosts are shared, and `table` may be half changed: it is to be made from everything. */
export function applyChanges(
  before: readonly ServedBefore[],
  now: readonly ServerRoutes[],
  table: VirtualHosts,
): boolean {
  const changes = changesOf(before, now);
  if (!changes) return false;
  const { replaced, gone, come } = changes;
  // Hosts with the same routes stand together: one that keeps some hosts and changes others is not only here or there.
  if (replaced.some(({ old, now: routes }) => gone.has(old) || come.has(routes))) return false;
  for (const change of replaced) table.replace(change.hosts, change.old, change.now);
  return (
    [...gone].every(([routes, { hosts }]) => table.remove(hosts, routes)) &&
    [...come].every(([routes, { hosts, requireTls }]) => table.add(hosts, routes, requireTls))
  );
}

function changesOf(before: readonly ServedBefore[], now: readonly ServerRoutes[]): Changes | undefined {
  if (now.length === 0 || !sameItems(before.map(openOf), now.map(openOf))) return undefined;
  const changes: Changes = { replaced: [], gone: new Map(), come: new Map() };
  for (const [index, server] of now.entries()) {
    const edits = editsOf(before[index]!.virtualServices, server.virtualServices);
    if (!edits?.every((edit) => addEdit(edit, server, changes))) return undefined;
  }
  return changes;
}

const openOf = ({ open }: ServedBefore): OpenServer => open;

/** False: a list of routes is there with a redirect to TLS and without. */
function addEdit({ gone, come }: Edit<MergedVirtualService>, server: ServerRoutes, changes: Changes): boolean {
  const pairs = gone.length === come.length ? gone.map((old, at) => replacement(old, come[at]!, server)) : [undefined];
  if (pairs.every((pair) => pair !== undefined)) {
    changes.replaced.push(...pairs.filter(({ hosts }) => hosts.length > 0));
    return true;
  }
  for (const one of gone) hostsIn(changes.gone, one, server, () => ({ hosts: [] }));
  const requireTls = server.open.server.tls?.httpsRedirect === true;
  const fresh = (): Come => ({ hosts: [], requireTls });
  return come.every((one) => {
    const known = hostsIn(changes.come, one, server, fresh);
    return !known || known.requireTls === requireTls;
  });
}

/** Where its hosts are gathered, these with them; undefined when it has none. */
function hostsIn<V extends { hosts: string[] }>(
  map: Map<Route[], V>,
  one: MergedVirtualService,
  { hostsOf, routesOf }: ServerRoutes,
  fresh: () => V,
): V | undefined {
  const hosts = hostsOf(one);
  if (hosts.length === 0) return undefined;
  const routes = routesOf(one);
  const known = map.get(routes) ?? fresh();
  known.hosts.push(...hosts);
  map.set(routes, known);
  return known;
}

/** The same hosts with other routes; undefined: something else. */
function replacement(old: MergedVirtualService, now: MergedVirtualService, server: ServerRoutes) {
  const hosts = server.hostsOf(now);
  const change = { hosts, old: server.routesOf(old), now: server.routesOf(now) };
  const hasRoutes = change.old.length > 0 && change.now.length > 0;
  return hasRoutes && sameItems(server.hostsOf(old), hosts) ? change : undefined;
}
