/** VirtualServices become the virtual hosts of the route tables. */
import type { Route, VirtualHost } from '../../gateway/snapshot.ts';
import type { Resource } from '../resources/resource.ts';
import { type MergedVirtualService, mergeDelegates } from './delegates.ts';
import { hostIndex } from './host-index.ts';
import { type Answers, Lookups } from './lookups.ts';
import { sameItems } from './memo.ts';
import type { OpenServer } from './merge-servers.ts';
import { compare, resolveGateway, resolveHost } from './names.ts';
import { type Placed, placeVirtualService } from './place-virtual-service.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { applyChanges, type ServedBefore, type ServerRoutes } from './route-changes.ts';
import { buildRoutes } from './routes.ts';
import { keyOf, NETWORKING, ofKind } from './select.ts';
import type { VirtualServiceSpec } from './spec.ts';
import { HostRoutes, VirtualHosts } from './virtual-hosts.ts';
import { exportedTo, isVisible } from './visibility.ts';

type VirtualService = Resource<VirtualServiceSpec>;
type Groups = Map<string, MergedVirtualService[]>;

const NONE: readonly unknown[] = [];

export const virtualServices: Processor = {
  name: 'virtual-services',
  reason: 'needs the servers for the hosts, the services for ports and the rules for hashes',
  run(input: CompileInput, draft: Draft) {
    const all = mergeDelegates(ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService'), input, draft);
    const byGateway = groupByGateway(all, input, draft);
    const tables = Map.groupBy(draft.servers, ({ routeTable }) => routeTable);
    for (const [name, servers] of tables) {
      draft.snapshot.routeTables[name] = { name, virtualHosts: virtualHosts(servers, byGateway, input, draft) };
    }
    sortTables(draft);
  },
};

/** Gateway → the VirtualServices it may use, private ones first, then those exported to the proxy, then public ones. */
function groupByGateway(all: readonly MergedVirtualService[], input: CompileInput, draft: Draft): Groups {
  const groups: [Groups, Groups, Groups] = [new Map(), new Map(), new Map()];
  const served = new Set(draft.servers.map(({ gateway }) => keyOf(gateway)));
  const isServed = (name: string) => served.has(name);
  const scopes = draft.memo.each('scopes of virtual services', all, ({ resource }) => scopeOf(resource, input));
  for (const [index, virtualService] of all.entries()) {
    const { resource } = virtualService;
    const scope = scopes[index]!;
    const { names, rank } = scope;
    if (rank !== undefined) for (const name of names) append(groups[rank], name, virtualService);
    place(scope, names.some(isServed), resource, draft);
  }
  const merged: Groups = new Map();
  for (const group of groups) for (const [name, some] of group) for (const one of some) append(merged, name, one);
  return merged;
}

/** The Gateways that a VirtualService names, and in which of the groups it stands there; undefined: this proxy does not see it. */
interface Scope {
  names: string[];
  rank: 0 | 1 | 2 | undefined;
  /** As it was placed when a Gateway of this proxy served it, and when none did. */
  bound?: Placed;
  unbound?: Placed;
}

function place(scope: Scope, bound: boolean, resource: VirtualService, { placements, findings }: Draft): void {
  const { names, rank } = scope;
  const which = bound ? 'bound' : 'unbound';
  const binding = { mesh: names.includes('mesh'), bound, visible: rank !== undefined };
  const placed = scope[which] ?? placeVirtualService(resource, binding);
  scope[which] = placed;
  for (const placement of placed.placements) placements.push(placement);
  for (const found of placed.findings) findings.push(found);
}

function scopeOf({ metadata, spec }: VirtualService, { mesh, identity }: CompileInput): Scope {
  const exported = exportedTo(spec.exportTo, metadata.namespace, mesh.defaultVirtualServiceExportTo);
  // Nobody named is the mesh.
  const written = spec.gateways?.length ? spec.gateways : ['mesh'];
  const names = [...new Set(written.map((name) => resolveGateway(name, metadata.namespace)))];
  if (!isVisible(exported, identity.namespace)) return { names, rank: undefined };
  return { names, rank: exported.has('*') ? 2 : metadata.namespace === identity.namespace ? 0 : 1 };
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

/** The virtual hosts of a route table as the compilation before left them, and what it had made them from. */
interface Table {
  hosts: VirtualHosts;
  servers: readonly ServedBefore[];
  asked: readonly unknown[];
}

/** @param servers of one route table */
function virtualHosts(servers: OpenServer[], byGateway: Groups, input: CompileInput, draft: Draft): VirtualHost[] {
  const { routeTable = '', port = 0 } = servers[0] ?? {};
  const empty = (): Table => ({ hosts: new VirtualHosts(port), servers: [], asked: [] });
  const table = draft.memo.value<Table>(`hosts of ${routeTable}`, [port], empty);
  const routesAt = new Map<string, ServerRoutes['routesOf']>();
  const now = servers.map((open): ServerRoutes => {
    const gateway = keyOf(open.gateway);
    // Servers of one Gateway have the same routes, so that their hosts can share a virtual host.
    const routesOf = routesAt.get(gateway) ?? routeBuilder(gateway, open, input, draft);
    routesAt.set(gateway, routesOf);
    return { open, virtualServices: byGateway.get(gateway) ?? [], routesOf, ...hostsAt(open, input, draft) };
  });
  const asked = [draft.services, ...ofKind(input, NETWORKING, 'DestinationRule')];
  // Only building a route tells which rules are in use where a service is another's alias.
  const isFew =
    sameItems(asked, table.asked) && !draft.services.hasAliases && applyChanges(table.servers, now, table.hosts);
  if (!isFew) table.hosts.collapse(gathered(now));
  table.servers = now.map(({ open, virtualServices }) => ({ open, virtualServices }));
  table.asked = asked;
  return table.hosts.sorted(`order of ${routeTable}`, draft.memo);
}

function gathered(servers: readonly ServerRoutes[]): HostRoutes {
  const hosts = new HostRoutes();
  for (const { open, virtualServices, hostsOf, routesOf, all } of servers) {
    const requireTls = open.server.tls?.httpsRedirect === true;
    for (const virtualService of virtualServices) {
      const common = hostsOf(virtualService);
      if (common.length === 0) continue;
      const routes = routesOf(virtualService);
      if (routes.length > 0) hosts.add(common, routes, requireTls);
    }
    if (requireTls) hosts.add(all, [], true);
  }
  return hosts;
}

/** The hosts that a VirtualService has at a server, in lower case. */
function hostsAt(open: OpenServer, { identity }: CompileInput, { memo }: Draft) {
  const intersect = memo.table<ReturnType<typeof hostIndex>>('hosts of servers')(open, [], () => hostIndex(open.hosts));
  const known = memo.table<readonly string[]>(`hosts at server ${open.index} of ${keyOf(open.gateway)}`);
  const hostsOf = ({ resource: { spec, metadata } }: MergedVirtualService): readonly string[] => {
    const hosts = (spec.hosts ?? []).map((host) => resolveHost(host, metadata.namespace, identity.clusterDomain));
    return intersect(hosts, metadata.namespace).map((host) => host.toLowerCase());
  };
  const made = [open];
  return {
    // With a namespace they are no hosts of a request: without a VirtualService Istio redirects nothing there (a real one's gateway).
    all: open.hosts.filter((host) => !host.includes('/')).map((host) => host.toLowerCase()),
    hostsOf: (virtualService: MergedVirtualService) => known(virtualService, made, () => hostsOf(virtualService)),
  };
}

interface Built {
  routes: Route[];
  answers: Answers;
}

/** Gives a VirtualService's routes as a Gateway serves them: the same list as long as nothing that they are made from is another. */
function routeBuilder(gateway: string, { port, server }: OpenServer, input: CompileInput, draft: Draft) {
  const isTls = server.tls !== undefined;
  const known = draft.memo.table<{ built: Built | undefined }>(`routes at ${gateway} ${port} ${isTls}`);
  const build = (virtualService: MergedVirtualService): Built => {
    const lookups = new Lookups(draft);
    const routes = buildRoutes({ virtualService, gateway, port, isTls, input, lookups });
    return { routes, answers: lookups.answers };
  };
  const thisRun = new Map<MergedVirtualService, Route[]>();
  return (virtualService: MergedVirtualService): Route[] => {
    const done = thisRun.get(virtualService);
    if (done) return done;
    const slot = known(virtualService, NONE, () => ({ built: undefined }));
    if (!slot.built?.answers.holdIn(draft)) slot.built = build(virtualService);
    thisRun.set(virtualService, slot.built.routes);
    return slot.built.routes;
  };
}

function sortTables(draft: Draft): void {
  const tables = Object.entries(draft.snapshot.routeTables).sort(([a], [b]) => compare(a, b));
  draft.snapshot.routeTables = Object.fromEntries(tables);
}
