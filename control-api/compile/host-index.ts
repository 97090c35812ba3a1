/** The hosts of a Gateway server, indexed so that 10,000 of them and 10,000 VirtualServices are not 10⁸ comparisons. */
import { isWildcard, splitGatewayHost, subsetOf, wildcardsAbove } from './names.ts';

/** The hosts that both the server (for that namespace) and `hosts` stand for: always the narrower name of each pair. */
export type Intersect = (hosts: readonly string[], namespace: string) => string[];

/** @param serverHosts `host` or `namespace/host`. Case counts, as in Istio: NamesForNamespace and Names.Intersection. */
export function hostIndex(serverHosts: readonly string[]): Intersect {
  const namespaces = new Map<string, Set<string>>();
  for (const entry of serverHosts) {
    const { namespace = '*', host } = splitGatewayHost(entry);
    const known = namespaces.get(host) ?? new Set();
    namespaces.set(host, known.add(namespace));
  }
  const open = (host: string, namespace: string): boolean => {
    const allowed = namespaces.get(host);
    return allowed !== undefined && (allowed.has('*') || allowed.has(namespace));
  };
  const all = [...namespaces.keys()];
  return (hosts, namespace) => {
    const common = new Set<string>();
    for (const host of hosts) {
      if (covered(host, (other) => open(other, namespace))) common.add(host);
      if (!isWildcard(host)) continue;
      for (const other of all) if (other !== host && subsetOf(other, host) && open(other, namespace)) common.add(other);
    }
    return [...common];
  };
}

function covered(host: string, open: (host: string) => boolean): boolean {
  if (open(host)) return true;
  for (const wildcard of wildcardsAbove(host)) if (open(wildcard)) return true;
  return false;
}
