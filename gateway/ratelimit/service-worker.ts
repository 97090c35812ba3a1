/**
 * envoyproxy/ratelimit's HTTP API as a Worker, over the same counters as the gateway: POST /json asks, GET /healthcheck
 * says that it runs, GET /metrics has the metrics. Which socket a request came in on (ctx.props.role) says what else it
 * may do: `config` sets the limits, `admin` looks at the counters.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { LimitDomain } from '../snapshot.ts';
import { CounterClient } from './counters/client.ts';
import type { CounterEnv } from './counters/object.ts';
import { answerOperator } from './counters/operator.ts';
import { type CounterState, counterStoreOf, namespaceStore, TOGETHER } from './counters/stores.ts';
import { Limiter, type LimiterSettings } from './limiter.ts';
import { BadLimitRequest, limitResponse, parseLimitRequest, type ResponseSettings } from './service-json.ts';
import { LimitStats } from './stats.ts';

export { CounterObject } from './counters/object.ts';

/** Everything that does not change while the process runs; from the service's environment variables. */
export interface ServiceSettings {
  limiter: LimiterSettings;
  response: ResponseSettings;
  /** LOCAL_CACHE_SIZE_IN_BYTES is set. */
  remember: boolean;
  nearLimitRatio: number;
  testClock: boolean;
}
interface ServiceEnv extends CounterEnv {
  SETTINGS: ServiceSettings;
  /** The configuration at the start of the process; null: none could be loaded. */
  LIMITS: Record<string, LimitDomain> | null;
  [name: string]: unknown;
}

/** One isolate: what it knows of the counters and its metrics live as long as the process, the limits until the next. */
interface Service {
  store: CounterState;
  counters: CounterClient;
  stats: LimitStats;
  limiter: Limiter | undefined;
}
let service: Service | undefined;

function serviceOf(env: ServiceEnv): Service {
  if (service) return service;
  const { remember, nearLimitRatio } = env.SETTINGS;
  const store = env.COUNTERS ? namespaceStore(env.COUNTERS, TOGETHER) : counterStoreOf(env);
  if (!store) throw new Error('neither COUNTERS nor STATE is bound');
  const counters = new CounterClient(store, {
    lease: false,
    rememberAfter: remember ? 1 : Number.POSITIVE_INFINITY,
    recheckMs: Number.POSITIVE_INFINITY,
    now: Date.now,
  });
  service = { store, counters, stats: new LimitStats(nearLimitRatio), limiter: undefined };
  if (env.LIMITS) load(service, env.LIMITS, env.SETTINGS);
  return service;
}

function load(into: Service, limits: Record<string, LimitDomain>, settings: ServiceSettings): void {
  into.limiter = new Limiter(limits, into.counters, into.stats, settings.limiter);
}

export default class extends WorkerEntrypoint<ServiceEnv, { role?: 'config' | 'admin' }> {
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (this.ctx.props?.role === 'config') return this.#config(request);
    if (this.ctx.props?.role === 'admin' && pathname === '/counters') return this.#counters(request);
    if (pathname === '/healthcheck') return new Response('OK');
    if (pathname === '/json') return this.#json(request);
    if (pathname === '/metrics') return new Response(serviceOf(this.env).stats.prometheus());
    return new Response('404 page not found\n', { status: 404 });
  }

  async #config(request: Request): Promise<Response> {
    load(serviceOf(this.env), (await request.json()) as Record<string, LimitDomain>, this.env.SETTINGS);
    return new Response(null, { status: 204 });
  }

  async #counters(request: Request): Promise<Response> {
    const { store, counters } = serviceOf(this.env);
    const answer = await answerOperator(request, store);
    if (request.method === 'DELETE') counters.forget(new URL(request.url).searchParams.get('name') ?? '');
    return answer;
  }

  async #json(request: Request): Promise<Response> {
    try {
      const { limiter } = serviceOf(this.env);
      if (!limiter) throw new BadLimitRequest('no rate limit configuration loaded');
      const asked = parseLimitRequest(await request.text());
      const decision = await limiter.decide(asked, this.#now(request), this.ctx);
      const body = JSON.stringify(limitResponse(asked, decision, this.env.SETTINGS.response));
      return new Response(body, { status: decision.over ? 429 : 200, headers: { 'content-type': 'application/json' } });
    } catch (error) {
      // The service answers a broken Redis the same way.
      console.warn(`error: ${(error as Error).message}`);
      return new Response('Bad Request\n', { status: 400 });
    }
  }

  /** Unix seconds. */
  #now(request: Request): number {
    const test = this.env.SETTINGS.testClock ? request.headers.get('x-test-now') : null;
    return test === null ? Math.floor(Date.now() / 1000) : Number(test);
  }
}
