/** ROUTE_CONFIGURATION, VIRTUAL_HOST and HTTP_ROUTE patches: rate limits, per-filter configuration and headers merged where they match. */
import type { HeaderOperations, PerFilterConfig, Route, RouteTable, VirtualHost } from '../../../gateway/snapshot.ts';
import type { Draft } from '../processor.ts';
import { perFilterConfig } from './http-filter-config.ts';
import { EnvoyRejects, isJson, Message } from './message.ts';
import { type Patch, report } from './patches.ts';
import { rateLimitPolicies } from './rate-limits.ts';
import { type Addition, mergeHost, mergeRoute } from './route-merge.ts';
import { headerOperation, type Runtime } from './values.ts';

/**
 * Carries out every patch: tables, then virtual hosts, then routes, each in their order. A patch that nobody understands, or that
 * matches nothing, is reported.
 */
export function patchRoutes(patches: readonly Patch[], runtime: Runtime, draft: Draft): void {
  for (const kind of ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE'])
    for (const patch of patches) if (patch.applyTo === kind) patchOne(patch, runtime, draft);
}

function patchOne(patch: Patch, runtime: Runtime, draft: Draft): void {
  const { operation, applyTo } = patch;
  if (operation === 'REMOVE' && applyTo === 'HTTP_ROUTE') removeRoutes(patch, draft);
  else if (operation === 'REMOVE' && applyTo === 'VIRTUAL_HOST') removeHosts(patch, draft);
  else if (operation === 'MERGE' || operation === 'MERGE_AND_REPLACE_LIST') merge(patch, runtime, draft);
  else report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `${operation} of ${applyTo}` });
}

function merge(patch: Patch, runtime: Runtime, draft: Draft): void {
  const addition = additionOf(patch, runtime, draft);
  if (!addition || leavesNoCluster(patch, draft)) return;
  let matched = 0;
  for (const table of tablesOf(patch, draft)) {
    for (const [index, host] of table.virtualHosts.entries()) {
      if (patch.applyTo !== 'ROUTE_CONFIGURATION' && !hostMatches(patch, host)) continue;
      const merged = MERGERS[patch.applyTo]?.(host, patch, addition, table.name) ?? host;
      if (merged === host) continue;
      table.virtualHosts[index] = merged;
      matched++;
    }
  }
  noteMatches(matched, patch, draft);
}

/** A redirect or direct response that becomes a `route` has no cluster, so that Envoy refuses the table. */
function leavesNoCluster(patch: Patch, draft: Draft): boolean {
  if (patch.applyTo !== 'HTTP_ROUTE' || !patch.value.route) return false;
  const hosts = tablesOf(patch, draft).flatMap(({ virtualHosts }) => virtualHosts);
  const routes = hosts.filter((host) => hostMatches(patch, host)).flatMap((host) => host.routes);
  const other = routes.find((route) => routeMatches(patch, route) && route.action.kind !== 'forward');
  if (other)
    report(draft, patch, 'EnvoyRejectsPatch', {
      error: `the ${other.action.kind} route ${other.name} would become a route without a cluster`,
    });
  return other !== undefined;
}

function noteMatches(matched: number, patch: Patch, draft: Draft): void {
  if (matched === 0) report(draft, patch, 'EnvoyFilterNoMatch', { what: `no ${patch.applyTo} matches${hint(patch)}` });
}

type Merger = (host: VirtualHost, patch: Patch, addition: Addition, table: string) => VirtualHost;

/** What a route table says holds for every virtual host that does not say otherwise. */
const MERGERS: Readonly<Record<string, Merger>> = {
  ROUTE_CONFIGURATION: (host, _patch, addition, table) => mergeHost(host, sharedIn(table, addition), 'table'),
  VIRTUAL_HOST: (host, _patch, addition) => mergeHost(host, addition, 'virtualHost'),
  HTTP_ROUTE: (host, patch, addition) => mergeRoutes(host, patch, addition),
};

/** The hosts of a table take from the same buckets when the table has the limit. */
function sharedIn(table: string, addition: Addition): Addition {
  const configs = Object.entries(addition.perFilterConfig).map(([name, each]): [string, PerFilterConfig] => {
    if (each.kind !== 'local_ratelimit') return [name, each];
    return [name, { ...each, config: { ...each.config, sharedBuckets: `${table} ${name}` } }];
  });
  return { ...addition, perFilterConfig: Object.fromEntries(configs) };
}

/** People expect a pattern: `*:80` is the name of the virtual host of the host `*`, nothing else. */
function hint({ match }: Patch): string {
  const name = match.routeConfiguration?.vhost?.name;
  return name ? `: vhost.name "${name}" is compared exactly` : '';
}

function additionOf(patch: Patch, runtime: Runtime, draft: Draft): Addition | undefined {
  try {
    const message = new Message(patch.value);
    const isRoute = patch.applyTo === 'HTTP_ROUTE';
    // A route table has no rate limits of its own: there they stay unread, and are reported.
    const isTable = patch.applyTo === 'ROUTE_CONFIGURATION';
    const action = isRoute ? message.message('route') : isTable ? undefined : message;
    message.ignore('name');
    const addition: Addition = {
      rateLimits: rateLimitPolicies(action?.messages('rateLimits') ?? [], runtime),
      ...(action?.has('includeVhRateLimits') ? { includeVhRateLimits: action.flag('includeVhRateLimits') } : {}),
      perFilterConfig: perFilterConfigs(message, patch, runtime, draft),
      headers: headersOf(message),
      ...metadataOf(message),
      lists: patch.operation === 'MERGE' ? 'append' : 'replace',
    };
    for (const field of message.unread())
      report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `${patch.applyTo} field ${field}` });
    return addition;
  } catch (error) {
    if (!(error instanceof EnvoyRejects)) throw error;
    report(draft, patch, 'EnvoyRejectsPatch', { error: error.message });
    return undefined;
  }
}

function perFilterConfigs(
  message: Message,
  patch: Patch,
  runtime: Runtime,
  draft: Draft,
): Record<string, PerFilterConfig> {
  const value = message.get('typedPerFilterConfig');
  const configs: Record<string, PerFilterConfig> = {};
  for (const [name, typed] of Object.entries(isJson(value) ? value : {})) {
    const parsed = perFilterConfig(typed, runtime);
    if (parsed) configs[name] = parsed.config;
    else report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `typed_per_filter_config of ${name}` });
    for (const field of parsed?.unread ?? [])
      report(draft, patch, 'EnvoyFilterFieldIgnored', { field: `${name}: ${field}` });
  }
  return configs;
}

function headersOf(message: Message): HeaderOperations {
  const request = headerOperation(message, 'request');
  const response = headerOperation(message, 'response');
  return { ...(request ? { request } : {}), ...(response ? { response } : {}) };
}

function metadataOf(message: Message): Pick<Addition, 'metadata'> {
  const value = message.message('metadata')?.get('filterMetadata');
  return isJson(value) ? { metadata: value as Record<string, Record<string, unknown>> } : {};
}

/**
 * By what Istio's name of a route table tells: `http.80` has a port alone, `https.443.<port name>.<gateway>.<namespace>` all of them.
 */
function tablesOf({ match }: Patch, draft: Draft): RouteTable[] {
  const wanted = match.routeConfiguration ?? {};
  return Object.values(draft.snapshot.routeTables).filter((table) => {
    if (wanted.name && wanted.name !== table.name) return false;
    const [server] = draft.servers.filter(({ routeTable }) => routeTable === table.name);
    if (!server || (wanted.portNumber && wanted.portNumber !== server.port)) return false;
    const { name, namespace } = server.gateway.metadata;
    const [portName, gateway] = server.secure ? [server.server.port.name, `${namespace}/${name}`] : ['', ''];
    return (!wanted.portName || wanted.portName === portName) && (!wanted.gateway || wanted.gateway === gateway);
  });
}

function hostMatches({ match }: Patch, host: VirtualHost): boolean {
  const wanted = match.routeConfiguration?.vhost;
  if (wanted?.domainName && !host.domains.includes(wanted.domainName)) return false;
  return !wanted?.name || wanted.name === host.name;
}

function mergeRoutes(host: VirtualHost, patch: Patch, addition: Addition): VirtualHost {
  if (!host.routes.some((route) => routeMatches(patch, route))) return host;
  return {
    ...host,
    routes: host.routes.map((route) => (routeMatches(patch, route) ? mergeRoute(route, addition) : route)),
  };
}

const ACTIONS: Readonly<Record<string, Route['action']['kind']>> = {
  ROUTE: 'forward',
  REDIRECT: 'redirect',
  DIRECT_RESPONSE: 'direct',
};

function routeMatches({ match }: Patch, route: Route): boolean {
  const wanted = match.routeConfiguration?.vhost?.route;
  if (wanted?.name && wanted.name !== route.name) return false;
  const kind = ACTIONS[wanted?.action ?? 'ANY'];
  return kind === undefined || kind === route.action.kind;
}

function removeRoutes(patch: Patch, draft: Draft): void {
  let removed = 0;
  for (const table of tablesOf(patch, draft)) {
    for (const [index, host] of table.virtualHosts.entries()) {
      if (!hostMatches(patch, host)) continue;
      const routes = host.routes.filter((route) => !routeMatches(patch, route));
      removed += host.routes.length - routes.length;
      table.virtualHosts[index] = { ...host, routes };
    }
  }
  noteMatches(removed, patch, draft);
}

function removeHosts(patch: Patch, draft: Draft): void {
  let removed = 0;
  for (const table of tablesOf(patch, draft)) {
    const kept = table.virtualHosts.filter((host) => !hostMatches(patch, host));
    removed += table.virtualHosts.length - kept.length;
    table.virtualHosts = kept;
  }
  noteMatches(removed, patch, draft);
}
