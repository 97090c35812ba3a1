/** The jwt phase: verified tokens become claims and headers, bad ones a refusal, on every route and where there is none. */
import type { Exchange, Verdict } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import type { JwtAuthn, RouteTable } from '../snapshot.ts';
import { authenticate } from './authenticate.ts';
import { outputNames } from './outputs.ts';
import { type FoldedProvider, foldProvider } from './provider.ts';
import { refusal, type Status } from './status.ts';

/** Folded rules by their configuration: an unchanged rule keeps its verified tokens when a new Snapshot arrives. */
const folded = new Map<string, FoldedProvider>();
const MAX_FOLDED = 1_000;

function foldOnce(config: JwtAuthn['providers'][number]): FoldedProvider {
  const key = JSON.stringify(config);
  let provider = folded.get(key);
  if (!provider) {
    if (folded.size >= MAX_FOLDED) folded.clear();
    provider = foldProvider(config);
    folded.set(key, provider);
  }
  return provider;
}

export function foldJwt({ filters, snapshot, listener }: RouteScope): Step[] {
  if (filters.length === 0) return [];
  const tables = listener.servers.map((server) => snapshot.routeTables[server.routeTable]);
  const reroute = tables.some((table) => table !== undefined && routesByClaims(table));
  return filters.flatMap(({ config }) => (config.kind === 'jwt_authn' ? [jwtStep(config, reroute)] : []));
}

/** Istio chooses the route again after authentication only where some route asks for claims. */
const byClaims = new WeakMap<RouteTable, boolean>();

function routesByClaims(table: RouteTable): boolean {
  let answer = byClaims.get(table);
  if (answer === undefined) {
    answer = table.virtualHosts.some((host) => host.routes.some((route) => route.match.claims !== undefined));
    byClaims.set(table, answer);
  }
  return answer;
}

/** The step of one filter; exported for early enforcement, which runs it for the workloads of a route. */
export function jwtStep(config: JwtAuthn, reroute: boolean): Step {
  const providers = config.providers.map(foldOnce);
  const forged = outputNames(config.providers);
  return {
    request(exchange) {
      for (const name of forged) if (exchange.requestHeaders.has(name)) exchange.requestHeaders.remove(name);
      if (isPreflight(exchange)) return undefined;
      const path = exchange.path;
      const status = authenticate(providers, exchange);
      if (status instanceof Promise) return status.then((result) => verdict(result, exchange, path, reroute));
      return verdict(status, exchange, path, reroute);
    },
  };
}

function verdict(status: Status, exchange: Exchange, path: string, reroute: boolean): Verdict {
  if (status !== 'Ok') return refusal(status, exchange, path);
  return reroute && exchange.verified.size > 0 ? 'reroute' : undefined;
}

/** bypass_cors_preflight, as Istio sets it: OPTIONS with Origin and a requested method carries no token. */
function isPreflight({ method, requestHeaders }: Exchange): boolean {
  return (
    method === 'OPTIONS' && Boolean(requestHeaders.get('origin') && requestHeaders.get('access-control-request-method'))
  );
}
