/** The virtual hosts of one route table: routes gathered by host, hosts with the same routes written once. */
import type { Route, VirtualHost } from '../../gateway/snapshot.ts';
import { type Memo, sameItems } from './memo.ts';
import { compare, moreSpecificFirst } from './names.ts';
import { isCatchAll } from './routes.ts';

/** What a virtual host is made of: the routes of each VirtualService, joined only at the end. */
interface Parts {
  domains: string[];
  requireTls: boolean;
  routes: readonly Route[][];
}

interface HostParts {
  requireTls: boolean;
  routes: Route[][];
}

export class HostRoutes {
  readonly #hosts = new Map<string, HostParts>();

  /**
   * @param hosts in lower case
   * @param routes of one VirtualService at one Gateway: the same list means the same routes, another list others
   */
  add(hosts: readonly string[], routes: Route[], requireTls: boolean): void {
    for (const host of hosts) {
      const known = this.#hosts.get(host);
      if (!known) this.#hosts.set(host, { requireTls, routes: routes.length > 0 ? [routes] : [] });
      else {
        known.requireTls ||= requireTls;
        if (routes.length > 0) known.routes.push(routes);
      }
    }
  }

  /** Hosts with the same routes share one virtual host, named after the most specific of them (Istio's route collapse). */
  collapse(): Parts[] {
    const keyOf = contentKeys();
    const byContent = new Map<unknown, Parts>();
    for (const [host, { requireTls, routes }] of this.#hosts) {
      const content = keyOf(requireTls, routes);
      const same = byContent.get(content);
      if (same) same.domains.push(host);
      else byContent.set(content, { domains: [host], requireTls, routes });
    }
    for (const { domains } of byContent.values()) if (domains.length > 1) domains.sort(moreSpecificFirst);
    return [...byContent.values()];
  }
}

/** The same key for the same lists of routes. Most hosts have one list, which is its own key: a text for each would cost more than all else here. */
function contentKeys(): (requireTls: boolean, routes: readonly Route[][]) => unknown {
  const numbers = new Map<Route[], number>();
  const numberOf = (routes: Route[]): number => {
    const number = numbers.get(routes) ?? numbers.size;
    if (number === numbers.size) numbers.set(routes, number);
    return number;
  };
  return (requireTls, routes) =>
    routes.length === 1 && !requireTls ? routes[0] : `${requireTls} ${routes.map(numberOf)}`;
}

interface Made extends Parts {
  virtualHost: VirtualHost;
}

/** The virtual hosts of one route table from one compilation to the next. */
export class VirtualHosts {
  /** By first domain. */
  #made = new Map<string, Made>();
  #byDomain: Map<string, Made> | undefined;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Those whose parts are the same as before are the same objects. */
  collapse(hosts: HostRoutes): void {
    const made = new Map<string, Made>();
    for (const parts of hosts.collapse()) {
      const [first = ''] = parts.domains;
      const before = this.#made.get(first);
      made.set(first, before && isSame(before, parts) ? before : this.#make(parts));
    }
    this.#made = made;
    this.#byDomain = undefined;
  }

  /** At `domains`, which are all that have them, `now` takes the place of the routes `old`: what is nobody else's changes no other host. */
  replace(domains: readonly string[], old: Route[], now: Route[]): void {
    const known = this.#domains();
    for (const domain of domains) {
      const before = known.get(domain);
      if (!before?.routes.includes(old)) continue;
      const routes = before.routes.map((one) => (one === old ? now : one));
      this.#keep({ domains: before.domains, requireTls: before.requireTls, routes });
    }
  }

  /** Whether `routes` were all that these hosts had, and nobody else's; the hosts are gone then. */
  remove(hosts: readonly string[], routes: Route[]): boolean {
    if (routes.length === 0) return true;
    const known = this.#domains();
    const gone = new Set(hosts);
    for (const host of gone) {
      const made = known.get(host);
      if (!made) continue;
      const isAll = made.routes.length === 1 && made.routes[0] === routes && !made.requireTls;
      if (!isAll || !made.domains.every((domain) => gone.has(domain))) return false;
      this.#made.delete(made.domains[0] ?? '');
      for (const domain of made.domains) known.delete(domain);
    }
    return true;
  }

  /** Whether nobody had these hosts, and each is there once; they have `routes` then. */
  add(hosts: readonly string[], routes: Route[], requireTls: boolean): boolean {
    if (routes.length === 0 || hosts.length === 0) return true;
    const known = this.#domains();
    if (new Set(hosts).size < hosts.length || hosts.some((host) => known.has(host))) return false;
    this.#keep({ domains: hosts.toSorted(moreSpecificFirst), requireTls, routes: [routes] });
    return true;
  }

  #domains(): Map<string, Made> {
    this.#byDomain ??= new Map(
      Array.from(this.#made.values()).flatMap((made) => made.domains.map((domain) => [domain, made] as const)),
    );
    return this.#byDomain;
  }

  #keep(parts: Parts): void {
    const made = this.#make(parts);
    this.#made.set(made.domains[0] ?? '', made);
    for (const domain of made.domains) this.#domains().set(domain, made);
  }

  #make(parts: Parts): Made {
    return { ...parts, virtualHost: virtualHostOf(parts, this.#port) };
  }

  /** By first domain. */
  sorted(name: string, memo: Memo): VirtualHost[] {
    const all = Array.from(this.#made.values(), ({ virtualHost }) => virtualHost);
    return [...memo.sorted(name, all, byFirstDomain)];
  }
}

const byFirstDomain = (a: VirtualHost, b: VirtualHost): number => compare(a.domains[0] ?? '', b.domains[0] ?? '');

function isSame(a: Parts, b: Parts): boolean {
  return a.requireTls === b.requireTls && sameItems(a.domains, b.domains) && sameItems(a.routes, b.routes);
}

function virtualHostOf({ domains, requireTls, routes }: Parts, port: number): VirtualHost {
  const [host = ''] = domains;
  return {
    name: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    domains,
    routes: catchAllsLast(routes.length === 1 ? routes[0]! : routes.flat()),
    ...(requireTls && { requireTls }),
  };
}

/** Routes that match everything go behind all others of the host, whoever wrote them (captured). */
function catchAllsLast(routes: Route[]): Route[] {
  const last = routes.findIndex(({ match }) => isCatchAll(match));
  if (last < 0 || last === routes.length - 1) return routes;
  return [...routes.filter(({ match }) => !isCatchAll(match)), ...routes.filter(({ match }) => isCatchAll(match))];
}
