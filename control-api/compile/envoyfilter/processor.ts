/** EnvoyFilters: what of them an edge can carry out is merged into the Snapshot; everything else is said. */
import { PHASES } from '../../../gateway/phase-names.ts';
import type { Listener, RateLimit, Route } from '../../../gateway/snapshot.ts';
import { finding } from '../../analysis/report.ts';
import type { CompileInput, Draft, Processor } from '../processor.ts';
import { patchConnectionManager } from './connection-manager.ts';
import { DEFAULT_TIMEOUT_MS } from './http-filter-config.ts';
import { patchHttpFilters } from './http-filters.ts';
import { isJson } from './message.ts';
import { type Patch, patchesOf, report } from './patches.ts';
import { patchRoutes } from './route-patches.ts';
import type { Runtime } from './values.ts';

export const envoyFilters: Processor = {
  name: 'envoy-filters',
  reason: 'patches what all others have made, as Istio does: filters, virtual hosts and routes must be there',
  run(input: CompileInput, draft: Draft) {
    const patches = patchesOf(input, draft);
    if (patches.length === 0) return;
    const runtime = runtimeOf(input.mesh);
    const ofKind = (...kinds: string[]) => patches.filter(({ applyTo }) => kinds.includes(applyTo));
    for (const patch of ofKind('NETWORK_FILTER')) patchConnectionManager(patch, draft);
    patchListeners(ofKind('HTTP_FILTER'), runtime, draft);
    patchRoutes(ofKind('ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE'), runtime, draft);
    checkClusters(ofKind('CLUSTER'), patches, draft);
    for (const patch of patches) if (!KNOWN.has(patch.applyTo)) reportUnknown(patch, draft);
    checkRateLimits(draft);
  },
};

const KNOWN = new Set([
  'NETWORK_FILTER',
  'HTTP_FILTER',
  'ROUTE_CONFIGURATION',
  'VIRTUAL_HOST',
  'HTTP_ROUTE',
  'CLUSTER',
]);

function reportUnknown(patch: Patch, draft: Draft): void {
  report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `applyTo ${patch.applyTo}` });
}

function runtimeOf(mesh: Record<string, unknown>): Runtime {
  const config = isJson(mesh.defaultConfig) ? mesh.defaultConfig : {};
  const values = isJson(config.runtimeValues) ? config.runtimeValues : {};
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

function patchListeners(patches: readonly Patch[], runtime: Runtime, draft: Draft): void {
  if (patches.length === 0) return;
  const findings = new Set<string>();
  for (const listener of draft.snapshot.listeners) {
    const before = draft.findings.length;
    const { inserted, removed } = patchHttpFilters(listener, patches, runtime, draft);
    // One patch that fits several listeners is spoken of once.
    const fresh = draft.findings.splice(before).filter((each) => !findings.has(JSON.stringify(each)));
    for (const each of fresh) findings.add(JSON.stringify(each));
    draft.findings.push(...fresh);
    const order = (filter: Listener['httpFilters'][number]) => PHASES.indexOf(filter.phase);
    listener.httpFilters = [...listener.httpFilters, ...inserted].sort((a, b) => order(a) - order(b));
    removeOwn(listener, removed, draft);
  }
}

const REMOVABLE: Readonly<Record<string, (route: Route) => Route>> = {
  'envoy.filters.http.cors': ({ cors: _cors, ...route }) => route,
  'envoy.filters.http.fault': ({ fault: _fault, ...route }) => route,
};

/** Fault and CORS live on the routes; authentication and authorisation are filters of the listener. */
function removeOwn(listener: Listener, removed: ReadonlySet<string>, draft: Draft): void {
  for (const name of removed) {
    const strip = REMOVABLE[name];
    if (strip) stripRoutes(listener, strip, draft);
    const kind = name.slice(name.lastIndexOf('.') + 1);
    listener.httpFilters = listener.httpFilters.filter(({ config }) => config.kind !== kind);
  }
}

function stripRoutes(listener: Listener, strip: (route: Route) => Route, draft: Draft): void {
  for (const name of new Set(listener.servers.map(({ routeTable }) => routeTable))) {
    const table = draft.snapshot.routeTables[name];
    if (!table) continue;
    table.virtualHosts = table.virtualHosts.map((host) => ({ ...host, routes: host.routes.map(strip) }));
  }
}

/** A cluster that an EnvoyFilter adds is understood as the way to the rate-limit service, when a filter names it. */
function checkClusters(clusters: readonly Patch[], all: readonly Patch[], draft: Draft): void {
  const named = JSON.stringify(all.filter(({ applyTo }) => applyTo === 'HTTP_FILTER').map(({ value }) => value));
  for (const patch of clusters) {
    const name = String(patch.value.name ?? '');
    const used = patch.operation === 'ADD' && name !== '' && named.includes(JSON.stringify(name));
    if (!used)
      report(draft, patch, 'EnvoyFilterNotUnderstood', {
        what: `${patch.operation} of the cluster ${name || '(any)'}`,
      });
  }
}

function checkRateLimits({ snapshot, findings }: Draft): void {
  const filters = snapshot.listeners.flatMap(({ httpFilters }) => httpFilters.map(({ config }) => config));
  const limits = filters.filter((config): config is RateLimit => config.kind === 'ratelimit');
  for (const domain of new Set(limits.map((config) => config.domain))) {
    if (!snapshot.limitDomains) findings.push(finding('RateLimitNoConfiguration', { domain }));
    else if (!snapshot.limitDomains[domain]) findings.push(finding('RateLimitDomainUnknown', { domain }));
  }
  if (limits.some(({ timeoutMs }) => timeoutMs === DEFAULT_TIMEOUT_MS)) {
    findings.push(finding('RateLimitDefaultTimeout', { timeout: DEFAULT_TIMEOUT_MS }));
  }
}
