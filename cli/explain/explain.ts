/**
 * One request through the gateway's own code, watched: the same tables, the same chain, the same steps as in the Worker.
 * Upstreams are not called: each answers 200, and what would have been sent is kept.
 */
import { readFileSync } from 'node:fs';
import { mergeOrder } from '../../control-api/analysis/merge-order.ts';
import { endpointBinding } from '../../gateway/bindings.ts';
import { type Chain, walk } from '../../gateway/chain.ts';
import type { LocalReply } from '../../gateway/exchange.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { HttpExchange } from '../../gateway/listener/http-exchange.ts';
import { answerLocally } from '../../gateway/listener/local-reply.ts';
import { refuse } from '../../gateway/listener/refuse.ts';
import { chooseServer } from '../../gateway/listener/sni.ts';
import { PHASES } from '../../gateway/phase-names.ts';
import { PHASE_TABLE } from '../../gateway/phases.ts';
import type { CountCall } from '../../gateway/ratelimit/counters/protocol.ts';
import type { VirtualHostTable } from '../../gateway/route/virtual-host-table.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { registerModules } from '../../gateway/wasm/registry.ts';
import type { Configuration } from '../configuration.ts';
import { type Question, requestOf } from './question.ts';
import { type TriedRoute, triedRoutes } from './routes.ts';

export interface Explanation {
  snapshot: string;
  listener?: { name: string; port: number; server: string };
  virtualHost?: { name: string; domains: string[] };
  /** The path that was matched, normalised. */
  path: string;
  /** Once for each time that a route was chosen: claims may lead to another one. */
  routes: TriedRoute[][];
  phases: PassedPhase[];
  /** Every request that would have left, in order: tries and mirrors. */
  upstream: SentRequest[];
  answer: { status: number; headers: [string, string][]; details: string; flags: string[] };
}

export interface PassedPhase {
  phase: string;
  reason: string;
  verdict: 'passed' | 'answered' | 'rerouted';
  reply?: { status: number; body: string; details: string };
}

export interface SentRequest {
  /** Istio's names of the clusters that have this endpoint. */
  clusters: string[];
  endpoint: string;
  method: string;
  url: string;
  headers: [string, string][];
}

/** workerd's types know no compiling; here it is Node that runs. */
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;

/** Walks `question` through what `configuration` compiles to. */
export async function explain(question: Question, configuration: Configuration): Promise<Explanation> {
  const { snapshot, filters, input } = configuration;
  const listener = snapshot.listeners.find(({ port }) => port === question.port);
  const explanation = emptyExplanation(snapshot, question);
  if (!listener) return explanation;
  const digests = [...filters].map(([sha256, file]) => [sha256, new Module(readFileSync(file))] as const);
  registerModules(Object.fromEntries(digests));
  const host = question.authority.replace(/:\d*$/, '');
  const chosen = listener.servers.some(({ tls }) => tls)
    ? listener.servers[chooseServer(listener.servers, host)]
    : undefined;
  const entry = new Gateway(snapshot).listener(question.port)!;
  const { table, tls } = entry.server(chosen?.name);
  const server = chosen ?? listener.servers[0];
  explanation.listener = { name: listener.name, port: listener.port, server: server?.name ?? '' };
  if (!server || (server.tls && !chosen)) return explanation;
  const env = bindings(snapshot, explanation.upstream);
  const context = { waitUntil: () => undefined } as unknown as ExecutionContext;
  const exchange = new HttpExchange(requestOf(question), env, context, entry, tls);
  explanation.path = exchange.path;
  const order = mergeOrder(snapshot, input.resources).filter(({ routeTable }) => routeTable === server.routeTable);
  const choose = (): Chain => {
    const chain = watched(table, exchange, explanation.phases);
    const domains = exchange.virtualHost?.domains.join();
    explanation.routes.push(
      triedRoutes(
        exchange,
        order.find((one) => one.domains.join() === domains),
      ),
    );
    return chain;
  };
  const refusal = refuse(exchange);
  if (refusal) answerLocally(exchange, refusal);
  else await walk(exchange, choose(), { reroute: choose, reply: (reply) => answerLocally(exchange, reply) });
  return finish(explanation, exchange);
}

function emptyExplanation({ id }: Snapshot, { target }: Question): Explanation {
  const answer = { status: 0, headers: [], details: 'nothing listens there: the connection is refused', flags: [] };
  return { snapshot: id, path: target, routes: [], phases: [], upstream: [], answer };
}

/** The route's own chain, each step wrapped so that its verdict is written down. */
function watched(table: VirtualHostTable, exchange: HttpExchange, phases: PassedPhase[]): Chain {
  return table.choose(exchange).map((placed) => {
    const { request } = placed.step;
    if (!request) return placed;
    const phase = PHASES[placed.phase]!;
    const reason = PHASE_TABLE.find(({ name }) => name === phase)?.reason ?? '';
    const step = {
      ...placed.step,
      response: placed.step.response?.bind(placed.step),
      request: async (x: HttpExchange) => {
        const verdict = await request.call(placed.step, x);
        phases.push({ phase, reason, ...verdictOf(verdict) });
        return verdict;
      },
    };
    return { ...placed, step } as Chain[number];
  });
}

function verdictOf(verdict: LocalReply | 'reroute' | undefined): Pick<PassedPhase, 'verdict' | 'reply'> {
  if (verdict === undefined) return { verdict: 'passed' };
  if (verdict === 'reroute') return { verdict: 'rerouted' };
  const { status, body, details } = verdict;
  return { verdict: 'answered', reply: { status, body: String(body), details } };
}

/** Fetchers that keep what they are given; counters that have not counted yet; keys are fetched for real. */
function bindings(snapshot: Snapshot, sent: SentRequest[]): Record<string, unknown> {
  const env: Record<string, unknown> = { INTERNET: { fetch: (url: string, init?: RequestInit) => fetch(url, init) } };
  const clusters = new Map<string, { endpoint: string; clusters: string[] }>();
  for (const cluster of Object.values(snapshot.clusters)) {
    for (const endpoint of cluster.endpoints) {
      const binding = endpointBinding(cluster, endpoint);
      const known = clusters.get(binding) ?? { endpoint: `${endpoint.address}:${endpoint.port}`, clusters: [] };
      known.clusters.push(cluster.name);
      clusters.set(binding, known);
    }
  }
  for (const [binding, known] of clusters) env[binding] = { fetch: fetcher(known, sent) };
  env.STATE = {
    count: async (calls: CountCall[]) =>
      calls.map(({ requests }) => requests.map(({ hits }) => ({ after: hits, granted: 0 }))),
  };
  return env;
}

function fetcher(known: Pick<SentRequest, 'endpoint' | 'clusters'>, sent: SentRequest[]) {
  return async (
    input: string | { url: string },
    init: { method?: string; headers?: Headers } = {},
  ): Promise<Response> => {
    const url = typeof input === 'string' ? input : input.url;
    sent.push({ ...known, method: init.method ?? 'GET', url, headers: [...(init.headers ?? [])] });
    return new Response(null, { status: 200 });
  };
}

function finish(explanation: Explanation, exchange: HttpExchange): Explanation {
  const { virtualHost, status, details, flags, responseHeaders } = exchange;
  return {
    ...explanation,
    ...(virtualHost && { virtualHost: { name: virtualHost.name, domains: virtualHost.domains } }),
    answer: { status, headers: [...responseHeaders.entries()], details, flags: [...flags] },
  };
}
