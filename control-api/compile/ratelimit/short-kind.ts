/**
 * Our own kind RateLimit (bowsprit.dev/v1alpha1): limits with the keys they count by. It compiles to what an EnvoyFilter
 * and a configuration of envoyproxy/ratelimit would: a filter before the router, and a domain of its own.
 */
import type {
  LimitDescriptor,
  LimitRule,
  PerFilterConfig,
  RateLimit,
  RateLimitAction,
  RateLimitPolicy,
} from '../../../gateway/snapshot.ts';
import { about } from '../../analysis/about.ts';
import { finding } from '../../analysis/report.ts';
import { describe, type Resource } from '../../resources/resource.ts';
import type { RateLimitSpec } from '../../resources/types.gen.ts';
import { DEFAULT_TIMEOUT_MS } from '../envoyfilter/http-filter-config.ts';
import { subsetOf } from '../names.ts';
import { selectsProxy } from '../policies/scope.ts';
import type { CompileInput, Draft, Processor } from '../processor.ts';
import { ofKind } from '../select.ts';
import { keyAction, signatureOf } from './short-keys.ts';

export const OWN_GROUP = 'bowsprit.dev';

type Limit = RateLimitSpec['limits'][number];
/** Limits that count by the same keys; of one combination of values there is one in a group. */
interface Group {
  signature: string;
  limits: Limit[];
  paths: Set<string>;
}

/** Envoy's stages end at 10: entries of EnvoyFilters never reach these filters. */
const OWN_STAGE = 11;

export const shortRateLimits: Processor = {
  name: 'rate-limits',
  reason: 'before EnvoyFilters, which may patch the chain further; needs the virtual hosts',
  run(input: CompileInput, draft: Draft) {
    for (const resource of ofKind<RateLimitSpec>(input, OWN_GROUP, 'RateLimit')) add(resource, input, draft);
  },
};

function add(resource: Resource<RateLimitSpec>, input: CompileInput, draft: Draft): void {
  const { spec } = resource;
  const refs = spec.targetRefs ?? [];
  if (refs.length === 0 && !selectsProxy({ metadata: resource.metadata, spec: withSelector(spec) }, input.identity)) {
    draft.placements.push({ resource: describe(resource), where: 'cluster', reason: 'selects other workloads' });
    return;
  }
  draft.placements.push({ resource: describe(resource), where: 'edge', reason: 'counted here' });
  const domain = `${resource.metadata.namespace}/${resource.metadata.name}`;
  const groups = groupsOf(spec.limits);
  draft.snapshot.limitDomains = {
    ...draft.snapshot.limitDomains,
    [domain]: { domain, descriptors: groups.map(subtree) },
  };
  const policies = groups.map(policyOf);
  const filter = filterOf(domain, spec, refs.length === 0 ? policies : []);
  for (const listener of draft.snapshot.listeners)
    listener.httpFilters.push({ phase: 'envoyfilter-last', config: filter });
  for (const [index, ref] of refs.entries()) {
    const found =
      ref.kind === 'Gateway'
        ? target(resource, ref.name, filter.name, policies, draft)
        : targetRoutes(resource, ref.name, filter.name, policies, draft);
    if (!found)
      draft.findings.push(
        finding(
          'RateLimitTargetUnknown',
          { target: `${ref.kind} ${ref.name}` },
          about(resource, ['spec', 'targetRefs', index]),
        ),
      );
  }
}

const withSelector = ({ selector }: RateLimitSpec) =>
  selector?.matchLabels ? { selector: { matchLabels: selector.matchLabels } } : {};

function groupsOf(limits: readonly Limit[]): Group[] {
  const groups: Group[] = [];
  for (const limit of limits) {
    const signature = signatureOf(limit.by ?? []);
    const path = JSON.stringify((limit.by ?? []).map(({ value = '' }) => value));
    let group = groups.find((each) => each.signature === signature && !each.paths.has(path));
    if (!group) {
      group = { signature, limits: [], paths: new Set() };
      groups.push(group);
    }
    group.limits.push(limit);
    group.paths.add(path);
  }
  return groups;
}

/** The first entry tells the groups apart, so that one request may meet a limit of each. */
const GROUP_KEY = 'limits';

function policyOf({ limits }: Group, index: number): RateLimitPolicy {
  const first: RateLimitAction = { kind: 'genericKey', descriptorKey: GROUP_KEY, descriptorValue: String(index) };
  return { stage: OWN_STAGE, actions: [first, ...(limits[0]?.by ?? []).map((key, place) => keyAction(key, place))] };
}

function subtree({ limits }: Group, index: number): LimitDescriptor {
  const root: LimitDescriptor = { key: GROUP_KEY, value: String(index) };
  for (const limit of limits) insert(root, limit);
  return root;
}

function insert(root: LimitDescriptor, limit: Limit): void {
  let node = root;
  for (const [place, key] of (limit.by ?? []).entries()) {
    const { descriptorKey, value } = {
      ...describeKey(keyAction(key, place)),
      ...(key.value ? { value: key.value } : {}),
    };
    node.descriptors ??= [];
    let next = node.descriptors.find((each) => each.key === descriptorKey && each.value === value);
    if (!next) {
      next = { key: descriptorKey, ...(value === undefined ? {} : { value }) };
      node.descriptors.push(next);
    }
    node = next;
  }
  node.rateLimit = ruleOf(limit);
  if (limit.shadow) node.shadowMode = true;
}

function describeKey(action: RateLimitAction): { descriptorKey: string; value?: string } {
  if (action.kind === 'remoteAddress') return { descriptorKey: 'remote_address' };
  if (action.kind === 'maskedRemoteAddress') return { descriptorKey: 'masked_remote_address' };
  if (action.kind === 'headerValueMatch') return { descriptorKey: action.descriptorKey, value: action.descriptorValue };
  return { descriptorKey: 'descriptorKey' in action ? action.descriptorKey : action.kind };
}

function ruleOf({ requests, unit, name }: Limit): LimitRule {
  return {
    unit: unit.toUpperCase() as NonNullable<LimitRule['unit']>,
    requestsPerUnit: requests,
    ...(name ? { name } : {}),
  };
}

function filterOf(domain: string, spec: RateLimitSpec, rateLimits: RateLimitPolicy[]): RateLimit {
  return {
    kind: 'ratelimit',
    name: `ratelimit/${domain}`,
    domain,
    stage: OWN_STAGE,
    requestType: 'both',
    timeoutMs: spec.timeout ? milliseconds(spec.timeout) : DEFAULT_TIMEOUT_MS,
    failureModeDeny: spec.failureMode === 'Deny' ? 100 : 0,
    enableXRatelimitHeaders: spec.responseHeaders ?? false,
    disableXEnvoyRatelimitedHeader: false,
    rateLimitedStatus: 429,
    statusOnError: 500,
    rateLimitedAsResourceExhausted: false,
    filterEnabled: 100,
    filterEnforced: 100,
    rateLimits,
  };
}

const milliseconds = (text: string): number =>
  text.endsWith('ms') ? Number(text.slice(0, -2)) : Number(text.slice(0, -1)) * 1000;

const perRoute = (rateLimits: RateLimitPolicy[]): PerFilterConfig => ({
  kind: 'ratelimit',
  vhRateLimits: 'OVERRIDE',
  rateLimits,
});

/** Every virtual host that a server of the Gateway stands for. */
function target(
  { metadata }: Resource<RateLimitSpec>,
  name: string,
  filter: string,
  policies: RateLimitPolicy[],
  draft: Draft,
): boolean {
  const servers = draft.servers.filter(
    ({ gateway }) => gateway.metadata.name === name && gateway.metadata.namespace === metadata.namespace,
  );
  for (const { routeTable, hosts } of servers) {
    const table = draft.snapshot.routeTables[routeTable];
    if (!table) continue;
    table.virtualHosts = table.virtualHosts.map((host) => {
      const ours = host.domains.some((domain) =>
        hosts.some((each) => subsetOf(domain, each.slice(each.indexOf('/') + 1))),
      );
      return ours ? { ...host, perFilterConfig: { ...host.perFilterConfig, [filter]: perRoute(policies) } } : host;
    });
  }
  return servers.length > 0;
}

/** Every route that came from the VirtualService. */
function targetRoutes(
  { metadata }: Resource<RateLimitSpec>,
  name: string,
  filter: string,
  policies: RateLimitPolicy[],
  draft: Draft,
): boolean {
  let found = false;
  for (const table of Object.values(draft.snapshot.routeTables)) {
    table.virtualHosts = table.virtualHosts.map((host) => ({
      ...host,
      routes: host.routes.map((route) => {
        const { origin } = route;
        if (origin.kind !== 'VirtualService' || origin.name !== name || origin.namespace !== metadata.namespace)
          return route;
        found = true;
        return { ...route, perFilterConfig: { ...route.perFilterConfig, [filter]: perRoute(policies) } };
      }),
    }));
  }
  return found;
}
