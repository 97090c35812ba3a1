/** The mesh's trust domain and its former names, which policies may mean by any of them. */
import type { CompileInput } from '../processor.ts';

const DEFAULT = 'cluster.local';

/** MeshConfig.trustDomain, then its aliases. */
export function trustDomainsOf({ mesh }: Pick<CompileInput, 'mesh'>): readonly string[] {
  const { trustDomain, trustDomainAliases } = mesh as { trustDomain?: unknown; trustDomainAliases?: unknown };
  const aliases = Array.isArray(trustDomainAliases) ? trustDomainAliases.map(String) : [];
  return [typeof trustDomain === 'string' && trustDomain !== '' ? trustDomain : DEFAULT, ...aliases];
}

/** `td/ns/a/sa/b` under every name of the mesh, where `td` is one of them or `cluster.local`; others stay as they are. */
export function underAllNames(principal: string, names: readonly string[]): string[] {
  const [domain = '', ...path] = principal.split('/');
  const isOurs =
    path.length === 4 && domain !== '*' && (domain === DEFAULT || names.some((name) => covers(domain, name)));
  if (!isOurs) return [principal];
  return [...new Set(names.map((name) => (endsWith(domain, name) ? principal : [name, ...path].join('/'))))];
}

/** Every name of the mesh for one of them. */
export function allNames(domain: string, names: readonly string[]): readonly string[] {
  return names.includes(domain) ? names : [domain];
}

const endsWith = (domain: string, name: string): boolean => domain.startsWith('*') && name.endsWith(domain.slice(1));

const startsWith = (domain: string, name: string): boolean =>
  domain.endsWith('*') && name.startsWith(domain.slice(0, -1));

/** Whether one of two names, either of which may be a pattern, is the other. */
const covers = (domain: string, name: string): boolean =>
  domain === name || [endsWith, startsWith].some((test) => test(domain, name) || test(name, domain));
