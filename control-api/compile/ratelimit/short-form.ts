/** Rate limits that were written as EnvoyFilters and a configuration of the service, said as our own short kind. */
import type {
  LimitDescriptor,
  LimitDomain,
  RateLimit,
  RateLimitAction,
  RateLimitPolicy,
  Snapshot,
} from '../../../gateway/snapshot.ts';
import type { RateLimitSpec } from '../../resources/types.gen.ts';
import type { Key } from './short-keys.ts';

export interface ShortForm {
  apiVersion: 'bowsprit.dev/v1alpha1';
  kind: 'RateLimit';
  metadata: { name: string; namespace: string };
  spec: RateLimitSpec;
}

type Limit = RateLimitSpec['limits'][number];

/** One RateLimit for each domain that can be said so; what has an action or a flag that the kind has not is left out. */
export function shortForms({ listeners, routeTables, limitDomains = {} }: Snapshot, namespace: string): ShortForm[] {
  const filters = listeners.flatMap(({ httpFilters }) => httpFilters.map(({ config }) => config));
  const limits = filters.filter((config): config is RateLimit => config.kind === 'ratelimit' && config.stage <= 10);
  const policies = Object.values(routeTables).flatMap(({ virtualHosts }) =>
    virtualHosts.flatMap(({ rateLimits = [] }) => rateLimits),
  );
  const byDomain = new Map(limits.map((filter) => [filter.domain, filter]));
  return [...byDomain.values()].flatMap((filter): ShortForm[] => {
    const domain = limitDomains[filter.domain];
    const own =
      filter.rateLimits.length > 0 ? filter.rateLimits : policies.filter(({ stage }) => stage === filter.stage);
    const found = domain ? limitsOf(domain, own) : [];
    if (found.length === 0) return [];
    const metadata = { name: filter.domain.toLowerCase().replace(/[^a-z0-9-]+/g, '-'), namespace };
    const headers = filter.enableXRatelimitHeaders ? { responseHeaders: true } : {};
    const spec: RateLimitSpec = {
      failureMode: filter.failureModeDeny > 0 ? 'Deny' : 'Allow',
      ...headers,
      limits: found,
    };
    return [{ apiVersion: 'bowsprit.dev/v1alpha1', kind: 'RateLimit', metadata, spec }];
  });
}

function limitsOf({ descriptors }: LimitDomain, policies: readonly RateLimitPolicy[]): Limit[] {
  const found = new Map<string, Limit>();
  for (const { actions } of policies) {
    const keys = actions.map(keyOf);
    if (!keys.every((key) => key !== undefined)) continue;
    for (const limit of walk(descriptors, keys, [])) found.set(JSON.stringify(limit), limit);
  }
  return [...found.values()];
}

interface NamedKey {
  descriptorKey: string;
  key: Key;
}

/** Every leaf of the configuration that these keys reach. */
function walk(descriptors: readonly LimitDescriptor[], [next, ...rest]: readonly NamedKey[], by: Key[]): Limit[] {
  if (!next) return [];
  return descriptors.flatMap((descriptor) => {
    if (descriptor.key !== next.descriptorKey || descriptor.value?.includes('*')) return [];
    const path = [...by, descriptor.value ? { ...next.key, value: descriptor.value } : next.key];
    if (rest.length > 0) return walk(descriptor.descriptors ?? [], rest, path);
    return limitOf(descriptor, path);
  });
}

function limitOf({ rateLimit, shadowMode, quotaMode }: LimitDescriptor, by: Key[]): Limit[] {
  if (!rateLimit?.unit || rateLimit.replaces || quotaMode) return [];
  const unit = rateLimit.unit.toLowerCase() as Limit['unit'];
  const name = rateLimit.name ? { name: rateLimit.name } : {};
  return [{ ...name, requests: rateLimit.requestsPerUnit, unit, by, ...(shadowMode ? { shadow: true } : {}) }];
}

function keyOf(action: RateLimitAction): NamedKey | undefined {
  switch (action.kind) {
    case 'requestHeaders':
      return action.skipIfAbsent
        ? undefined
        : { descriptorKey: action.descriptorKey, key: { header: action.headerName } };
    case 'remoteAddress':
      return { descriptorKey: 'remote_address', key: { clientAddress: {} } };
    case 'metadata': {
      const [first, ...claim] = action.metadataKey.path;
      const isClaim = action.metadataKey.key === 'envoy.filters.http.jwt_authn' && first === 'payload';
      const plain = action.defaultValue === '' && !action.skipIfAbsent && claim.length > 0;
      return isClaim && plain ? { descriptorKey: action.descriptorKey, key: { claim: claim.join('.') } } : undefined;
    }
    default:
      return undefined;
  }
}
