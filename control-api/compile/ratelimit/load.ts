/** envoyproxy/ratelimit's configuration files into LimitDomains: all or nothing, with that service's rules and texts. */
import type { LimitDescriptor, LimitDomain, LimitRule } from '../../../gateway/snapshot.ts';
import { checkKeys } from './check-keys.ts';
import { type DescriptorYaml, decodeRoot, type RateLimitYaml, type RootYaml } from './decode.ts';
import { LimitConfigError } from './error.ts';
import { parseGoYaml } from './go-yaml.ts';

export interface LimitFile {
  name: string;
  content: string;
}

const UNITS = new Set(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR']);

/**
 * Loads a set of files. Every file's keys and types are checked first, then the meaning of all of them, as the service does.
 * @param mergeDomains MERGE_DOMAIN_CONFIG: two files may carry one domain.
 * @returns the domains by name, in file order.
 * @throws LimitConfigError for the first thing wrong; nothing of the set is to be used then.
 */
export function loadLimits(files: readonly LimitFile[], mergeDomains = false): Record<string, LimitDomain> {
  const roots = files.map(({ name, content }) => readRoot(name, content));
  const domains: Record<string, LimitDomain> = {};
  for (const root of roots) {
    if (root.domain === '') throw new LimitConfigError('config file cannot have empty domain', root.place);
    const known = domains[root.domain];
    if (known && !mergeDomains) {
      throw new LimitConfigError(`duplicate domain '${root.domain}' in config file`, root.place);
    }
    const before = known?.descriptors ?? [];
    const descriptors = [
      ...before,
      ...loadLevel(root.descriptors, `${root.domain}.`, new Set(before.map(compositeKey))),
    ];
    domains[root.domain] = { domain: root.domain, descriptors };
  }
  return domains;
}

/** `key`, or `key_value`: a descriptor's name among its siblings. */
export function compositeKey({ key, value }: { key: string; value?: string }): string {
  return value ? `${key}_${value}` : key;
}

function readRoot(name: string, content: string): RootYaml {
  const node = parseGoYaml(name, content);
  if (node.kind === 'map') {
    checkKeys(node);
    return decodeRoot(node);
  }
  if (node.kind === 'scalar' && node.tag === 'null') return { domain: '', descriptors: [], place: node };
  const what = node.kind === 'list' ? '!!seq' : `!!${node.tag} \`${node.text.slice(0, 10)}\``;
  const text = `line ${node.line}: cannot unmarshal ${what} into map[interface {}]interface {}`;
  throw new LimitConfigError(`error loading config file: yaml: unmarshal errors:\n  ${text}`, node);
}

function loadLevel(descriptors: DescriptorYaml[], parent: string, seen: Set<string>): LimitDescriptor[] {
  return descriptors.map((descriptor) => {
    if (descriptor.key === '') throw new LimitConfigError('descriptor has empty key', descriptor.place);
    const key = compositeKey(descriptor);
    if (seen.has(key)) {
      throw new LimitConfigError(`duplicate descriptor composite key '${parent}${key}'`, descriptor.place);
    }
    seen.add(key);
    return loadDescriptor(descriptor, parent, key);
  });
}

function loadDescriptor(yaml: DescriptorYaml, parent: string, key: string): LimitDescriptor {
  const rateLimit = yaml.rateLimit && loadRule(yaml.rateLimit, yaml);
  if (yaml.shareThreshold && !key.includes('*')) {
    const rule = "share_threshold can only be used with wildcard values (containing '*')";
    throw new LimitConfigError(`${rule}, but found key '${key}'`, yaml.place);
  }
  const descriptors = loadLevel(yaml.descriptors, `${parent}${key}.`, new Set());
  return {
    key: yaml.key,
    ...(yaml.value ? { value: yaml.value } : {}),
    ...(rateLimit ? { rateLimit } : {}),
    ...(yaml.shadowMode ? { shadowMode: true } : {}),
    ...(yaml.quotaMode ? { quotaMode: true } : {}),
    ...(yaml.detailedMetric ? { detailedMetric: true } : {}),
    ...(yaml.valueToMetric ? { valueToMetric: true } : {}),
    ...(yaml.shareThreshold ? { shareThreshold: true } : {}),
    ...(yaml.metadata ? { metadata: yaml.metadata } : {}),
    ...(descriptors.length > 0 ? { descriptors } : {}),
  };
}

function loadRule(yaml: RateLimitYaml, { place }: DescriptorYaml): LimitRule {
  const unit = yaml.unit.toUpperCase();
  if (yaml.unlimited && UNITS.has(unit)) {
    throw new LimitConfigError('should not specify rate limit unit when unlimited', place);
  }
  if (!yaml.unlimited && !UNITS.has(unit)) throw new LimitConfigError(`invalid rate limit unit '${yaml.unit}'`, place);
  for (const { name } of yaml.replaces) {
    if (name === '') throw new LimitConfigError('should not have an empty replaces entry', place);
    if (name === yaml.name) throw new LimitConfigError('replaces should not contain name of same descriptor', place);
  }
  return {
    ...(yaml.unlimited ? { unlimited: true } : { unit: unit as NonNullable<LimitRule['unit']> }),
    requestsPerUnit: yaml.requestsPerUnit,
    ...(yaml.name ? { name: yaml.name } : {}),
    ...(yaml.replaces.length > 0 ? { replaces: yaml.replaces.map(({ name }) => name) } : {}),
  };
}
