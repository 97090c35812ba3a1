/** Host names, gateway names and cluster names as Istio compares and spells them. */

export const isWildcard = (host: string): boolean => host.startsWith('*');

/** Whether every name that `host` stands for is one that `other` stands for; `*.a.b` covers any depth, not the apex. */
export function subsetOf(host: string, other: string): boolean {
  if (!isWildcard(other)) return host === other;
  const suffix = other.slice(1);
  if (!isWildcard(host)) return host.endsWith(suffix);
  return host.length >= other.length && host.endsWith(suffix);
}

/** Istio's order of hosts: exact before wildcard, longer before shorter, then by the alphabet. */
export function moreSpecificFirst(a: string, b: string): number {
  const wild = Number(isWildcard(a)) - Number(isWildcard(b));
  return wild || b.length - a.length || compare(a, b);
}

/** Code-unit order, the same on every machine. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$/;

/** A name without a dot is a service of the resource's own namespace; `name.ns` is left as it is (captured). */
export function resolveHost(host: string, namespace: string, clusterDomain: string): string {
  if (host === '' || host === '*' || host.includes('.') || IP_ADDRESS.test(host)) return host;
  return `${host}.${namespace}.svc.${clusterDomain}`;
}

/** `gw`, `ns/gw`, `./gw` and the legacy `gw.ns.svc.cluster.local` all become `ns/gw`; `mesh` stays. */
export function resolveGateway(name: string, namespace: string): string {
  if (name === 'mesh') return name;
  const [before = '', after] = name.split('/');
  if (after !== undefined) return before === '.' ? `${namespace}/${after}` : name;
  if (!isLegacyGatewayName(name)) return `${namespace}/${name}`;
  const [gateway = '', legacyNamespace = ''] = name.split('.');
  return `${legacyNamespace}/${gateway}`;
}

export const isLegacyGatewayName = (name: string): boolean => !name.includes('/') && name.includes('.');

/** `outbound|8080|v1|reviews.default.svc.cluster.local` */
export const clusterName = (host: string, port: number, subset = ''): string => `outbound|${port}|${subset}|${host}`;

/** The parts of `outbound|9080|v1|reviews.default.svc.cluster.local`; undefined for any other name. */
export function parseClusterName(name: string): { port: number; subset: string; host: string } | undefined {
  const [direction, port, subset, host] = name.split('|');
  return direction === 'outbound' && host ? { port: Number(port), subset: subset ?? '', host } : undefined;
}

/** The part of a Gateway's host behind its namespace, and that namespace where it says one. */
export function splitGatewayHost(host: string): { namespace?: string; host: string } {
  const slash = host.indexOf('/');
  if (slash < 0) return { host };
  return { namespace: host.slice(0, slash), host: host.slice(slash + 1) };
}

/**
 * The best key of `hosts` for `host`: itself, or the most specific wildcard that covers it.
 * Cost grows with the labels of the name, not with the number of hosts.
 */
export function mostSpecificMatch<T>(host: string, hosts: ReadonlyMap<string, T>): T | undefined {
  const exact = hosts.get(host);
  if (exact !== undefined) return exact;
  for (const wildcard of wildcardsAbove(host)) {
    const found = hosts.get(wildcard);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `a.b.c` → `*.b.c`, `*.c`, `*`; `*.b.c` → `*.c`, `*`. */
export function* wildcardsAbove(host: string): Generator<string> {
  let rest = isWildcard(host) ? host.slice(2) : host;
  for (let dot = rest.indexOf('.'); dot >= 0; dot = rest.indexOf('.')) {
    rest = rest.slice(dot + 1);
    yield `*.${rest}`;
  }
  if (host !== '*') yield '*';
}
