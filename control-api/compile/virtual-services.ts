/** VirtualServices become the virtual hosts of the route tables. */
import type { Route, VirtualHost } from '../../gateway/snapshot.ts';
import type { Resource } from '../resources/resource.ts';
import { type MergedVirtualService, mergeDelegates } from './delegates.ts';
import { hostIndex } from './host-index.ts';
import type { OpenServer } from './merge-servers.ts';
import { compare, moreSpecificFirst, resolveGateway, resolveHost } from './names.ts';
import { placeVirtualService } from './place-virtual-service.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { type Bound, buildRoutes, isCatchAll } from './routes.ts';
import { byAge, keyOf, NETWORKING, ofKind } from './select.ts';
import type { VirtualServiceSpec } from './spec.ts';
import { exportedTo, isVisible } from './visibility.ts';

type VirtualService = Resource<VirtualServiceSpec>;
type Groups = Map<string, MergedVirtualService[]>;
/** A virtual host in the making. `key` names its content: hosts with the same one are written once. */
interface DraftHost {
  host: string;
  requireTls: boolean;
  key: string;
  /** Of each VirtualService; joined only at the end, so that 10,000 of them on one host are not copied 10,000 times. */
  parts: Route[][];
}

export const virtualServices: Processor = {
  name: 'virtual-services',
  reason: 'needs the servers for the hosts, the services for ports and the rules for hashes',
  run(input: CompileInput, draft: Draft) {
    const all = mergeDelegates(
      ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').sort(byAge),
      input,
      draft,
    );
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
  for (const virtualService of all) {
    const { metadata, spec } = virtualService.resource;
    const exported = exportedTo(spec.exportTo, metadata.namespace, input.mesh.defaultVirtualServiceExportTo);
    const names = gatewaysOf(virtualService.resource);
    const visible = isVisible(exported, input.identity.namespace);
    const group = groups[exported.has('*') ? 2 : metadata.namespace === input.identity.namespace ? 0 : 1];
    if (visible) for (const name of names) append(group, name, virtualService);
    const bound = [...names].some((name) => served.has(name));
    placeVirtualService(virtualService.resource, { mesh: names.has('mesh'), bound, visible }, draft);
  }
  const merged: Groups = new Map();
  for (const group of groups) for (const [name, some] of group) for (const one of some) append(merged, name, one);
  return merged;
}

/** Nobody named is the mesh. */
function gatewaysOf({ metadata, spec }: VirtualService): Set<string> {
  const written = spec.gateways?.length ? spec.gateways : ['mesh'];
  return new Set(written.map((name) => resolveGateway(name, metadata.namespace)));
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

function virtualHosts(servers: OpenServer[], byGateway: Groups, input: CompileInput, draft: Draft): VirtualHost[] {
  const hosts = new Map<string, DraftHost>();
  const built = new Map<string, Route[]>();
  const port = servers[0]?.port ?? 0;
  for (const open of servers) {
    const gateway = keyOf(open.gateway);
    const requireTls = open.server.tls?.httpsRedirect === true;
    const intersect = hostIndex(open.hosts);
    for (const virtualService of byGateway.get(gateway) ?? []) {
      const { resource } = virtualService;
      const common = intersect(resolvedHosts(resource, input), resource.metadata.namespace);
      if (common.length === 0) continue;
      const key = `${gateway} ${keyOf(resource)}`;
      const bound: Bound = { virtualService, gateway, port, isTls: open.server.tls !== undefined, input, draft };
      const routes = built.get(key) ?? buildRoutes(bound);
      built.set(key, routes);
      if (routes.length > 0) addRoutes(hosts, common, routes, key, requireTls);
    }
    if (requireTls) addRoutes(hosts, intersect.all, [], '', true);
  }
  return collapse([...hosts.values()], port);
}

function resolvedHosts({ spec, metadata }: VirtualService, { identity }: CompileInput): string[] {
  return (spec.hosts ?? []).map((host) => resolveHost(host, metadata.namespace, identity.clusterDomain));
}

function addRoutes(
  hosts: Map<string, DraftHost>,
  names: readonly string[],
  routes: Route[],
  key: string,
  requireTls: boolean,
): void {
  for (const name of names) {
    const host = name.toLowerCase();
    const known = hosts.get(host) ?? { host, requireTls: false, key: '', parts: [] };
    known.requireTls ||= requireTls;
    if (key) known.key += `${key}\n`;
    known.parts.push(routes);
    hosts.set(host, known);
  }
}

/** Hosts with the same routes share one virtual host, named after the most specific of them (Istio's route collapse). */
function collapse(hosts: DraftHost[], port: number): VirtualHost[] {
  hosts.sort((a, b) => moreSpecificFirst(a.host, b.host));
  const byContent = new Map<string, VirtualHost>();
  for (const { host, requireTls, key, parts } of hosts) {
    const content = `${requireTls} ${key}`;
    const same = byContent.get(content);
    if (same) {
      same.domains.push(host);
      continue;
    }
    const name = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    byContent.set(content, {
      name,
      domains: [host],
      routes: catchAllsLast(parts.length === 1 ? (parts[0] ?? []) : parts.flat()),
      ...(requireTls && { requireTls }),
    });
  }
  return [...byContent.values()].sort((a, b) => compare(a.domains[0] ?? '', b.domains[0] ?? ''));
}

/** Routes that match everything go behind all others of the host, whoever wrote them (captured). */
function catchAllsLast(routes: Route[]): Route[] {
  const last = routes.findIndex(({ match }) => isCatchAll(match));
  if (last < 0 || last === routes.length - 1) return routes;
  return [...routes.filter(({ match }) => !isCatchAll(match)), ...routes.filter(({ match }) => isCatchAll(match))];
}

function sortTables(draft: Draft): void {
  const tables = Object.entries(draft.snapshot.routeTables).sort(([a], [b]) => compare(a, b));
  draft.snapshot.routeTables = Object.fromEntries(tables);
}
