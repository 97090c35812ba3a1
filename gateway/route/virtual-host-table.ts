/** A route table ready to serve: which virtual host takes a host, which route of it a request, which chain that route has. */
import { type Chain, foldChain } from '../chain.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import { PHASE_TABLE } from '../phases.ts';
import { finish } from '../sliced.ts';
import type { Listener, Route, RouteTable, Snapshot, VirtualHost } from '../snapshot.ts';
import { foldRouteHeaders, type HeaderChange } from './header-operations.ts';
import { RouteIndex } from './route-index.ts';
import { TLS_REDIRECT } from './tls-redirect.ts';

/** Some milliseconds of work. */
const HOSTS_A_SLICE = 5000;
/** An index over fewer is made in the time of a request. */
const MANY_ROUTES = 100;

export class VirtualHostTable {
  readonly #exact = new Map<string, FoldedVirtualHost>();
  /** By the suffix behind the star, `.example.com`. */
  readonly #suffixes = new Map<string, FoldedVirtualHost>();
  /** The lengths of all suffixes, longest first, when one is within a label (`*-shop.example.com`); else they begin at dots. */
  #lengths: readonly number[] | undefined;
  #any: FoldedVirtualHost | undefined;
  readonly #large: FoldedVirtualHost[] = [];
  readonly #noHost: FoldedRoute;
  /** What is left to do before the first request can be looked up; undefined: nothing. */
  #filling: Generator<void> | undefined;

  constructor(snapshot: Snapshot, listener: Listener, table: RouteTable | undefined) {
    this.#noHost = {
      chain: foldChain(PHASE_TABLE, { snapshot, listener, virtualHost: undefined, route: undefined }),
      routeHeaders: undefined,
    };
    this.#filling = this.#fill(snapshot, listener, table?.virtualHosts ?? []);
  }

  /** In pieces what the first requests would else have to wait for: the hosts, and the indexes of those with many routes. */
  *warm(): Generator<void> {
    if (this.#filling) yield* this.#filling;
    this.#filling = undefined;
    for (const folded of this.#large) yield* folded.warm();
  }

  *#fill(snapshot: Snapshot, listener: Listener, virtualHosts: readonly VirtualHost[]): Generator<void> {
    for (const [index, virtualHost] of virtualHosts.entries()) {
      const folded = new FoldedVirtualHost(snapshot, listener, virtualHost);
      for (const domain of virtualHost.domains) this.#add(domain, folded);
      if (virtualHost.routes.length > MANY_ROUTES) this.#large.push(folded);
      if (index % HOSTS_A_SLICE === HOSTS_A_SLICE - 1) yield;
    }
    const suffixes = [...this.#suffixes.keys()];
    if (suffixes.some((suffix) => !suffix.startsWith('.')))
      this.#lengths = [...new Set(suffixes.map(({ length }) => length))].sort((a, b) => b - a);
  }

  /** Sets virtual host and route of the exchange and gives the chain of that route. */
  choose(exchange: HttpExchange): Chain {
    const folded = this.find(exchange.authority);
    exchange.virtualHost = folded?.virtualHost;
    exchange.destination = undefined;
    exchange.route = folded?.choose(exchange);
    const { chain, routeHeaders } = folded?.fold(exchange.route) ?? this.#noHost;
    exchange.routeHeaders = routeHeaders;
    return chain;
  }

  /** Exact, then the longest suffix, then `*`; letter case and port do not count, whatever stands for the port. */
  find(authority: string): FoldedVirtualHost | undefined {
    if (this.#filling) finish(this.#filling);
    this.#filling = undefined;
    const host = hostOf(authority);
    const exact = this.#exact.get(host);
    if (exact !== undefined || this.#suffixes.size === 0) return exact ?? this.#any;
    return this.#bySuffix(host) ?? this.#any;
  }

  /** The star stands for at least one character. */
  #bySuffix(host: string): FoldedVirtualHost | undefined {
    for (const length of this.#lengths ?? []) {
      const found = length < host.length ? this.#suffixes.get(host.slice(-length)) : undefined;
      if (found !== undefined) return found;
    }
    if (this.#lengths !== undefined) return undefined;
    for (let dot = host.indexOf('.', 1); dot > 0; dot = host.indexOf('.', dot + 1)) {
      const found = this.#suffixes.get(host.slice(dot));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #add(domain: string, folded: FoldedVirtualHost): void {
    if (domain === '*') this.#any = folded;
    else if (domain.startsWith('*')) this.#suffixes.set(domain.slice(1), folded);
    else this.#exact.set(domain, folded);
  }
}

/** Lower-case host without port; the brackets of an IPv6 address stay. */
export function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':');
  const host = colon < 0 || authority.endsWith(']') ? authority : authority.slice(0, colon);
  return host.toLowerCase();
}

/** An unchanged host has the very same routes in the next Snapshot, and keeps its index. */
const indexes = new WeakMap<readonly Route[], RouteIndex>();

function indexOf(routes: readonly Route[]): RouteIndex {
  const index = indexes.get(routes) ?? new RouteIndex(routes);
  indexes.set(routes, index);
  return index;
}

/** What is known of a route before a request needs it. */
interface FoldedRoute {
  chain: Chain;
  routeHeaders: HeaderChange | undefined;
}

/** One virtual host; its index is built and its routes are folded when first needed. */
export class FoldedVirtualHost {
  readonly virtualHost: VirtualHost;
  readonly #snapshot: Snapshot;
  readonly #listener: Listener;
  readonly #folded = new Map<Route | undefined, FoldedRoute>();
  #index: RouteIndex | undefined;

  constructor(snapshot: Snapshot, listener: Listener, virtualHost: VirtualHost) {
    this.#snapshot = snapshot;
    this.#listener = listener;
    this.virtualHost = virtualHost;
  }

  choose(exchange: HttpExchange): Route | undefined {
    // As the header says, letter for letter, whatever the scheme is taken for.
    const { requireTls } = this.virtualHost;
    if (requireTls && exchange.requestHeaders.get('x-forwarded-proto') !== 'https') return TLS_REDIRECT;
    this.#index ??= indexOf(this.virtualHost.routes);
    return this.#index.find(exchange);
  }

  *warm(): Generator<void> {
    this.#index ??= indexOf(this.virtualHost.routes);
    yield* this.#index.warm();
  }

  fold(route: Route | undefined): FoldedRoute {
    let folded = this.#folded.get(route);
    if (folded === undefined) {
      const scope = { snapshot: this.#snapshot, listener: this.#listener, virtualHost: this.virtualHost, route };
      folded = { chain: foldChain(PHASE_TABLE, scope), routeHeaders: route && foldRouteHeaders(route) };
      this.#folded.set(route, folded);
    }
    return folded;
  }
}
