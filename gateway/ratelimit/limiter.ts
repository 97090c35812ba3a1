/**
 * What envoyproxy/ratelimit decides, without its process: a request's descriptors against the configured limits and the
 * counters. Everything an isolate knows by itself (held permits, exhausted limits) is answered without waiting.
 */
import type { LimitDomain, LimitUnit } from '../snapshot.ts';
import { counterName } from './counter-key.ts';
import type { Ask, Counted, CounterClient } from './counters/client.ts';
import { type Decision, decisionOf, type Outcome } from './decision.ts';
import { type Entry, limitFinder, type MatchedLimit } from './limit-tree.ts';
import type { LimitStats } from './stats.ts';
import { UNIT_SECONDS, windowStart } from './units.ts';

export interface LimitRequest {
  domain: string;
  descriptors: LimitRequestDescriptor[];
  /** Hits of descriptors that name none; 0 counts as 1. */
  hitsAddend?: number;
}
export interface LimitRequestDescriptor {
  entries: Entry[];
  /** Replaces the configured limit, in a known domain. */
  limit?: { requestsPerUnit: number; unit: LimitUnit };
  /** 0 looks without counting. */
  hitsAddend?: number;
}

/** envoyproxy/ratelimit's settings that change a decision. */
export interface LimiterSettings {
  /** SHADOW_MODE */
  shadowMode: boolean;
  /** QUOTA_MODE */
  quotaMode: boolean;
  /** CACHE_KEY_PREFIX */
  keyPrefix: string;
  /** STOP_CACHE_KEY_INCREMENT_WHEN_OVERLIMIT */
  stopWhenOver: boolean;
}
export const DEFAULT_SETTINGS: LimiterSettings = {
  shadowMode: false,
  quotaMode: false,
  keyPrefix: '',
  stopWhenOver: false,
};

/** How one request waits: keeps calls alive, and gives up. */
export interface Waiting {
  waitUntil(promise: Promise<unknown>): void;
}

/** A descriptor that is to be counted: its limit and the question for its counter. */
interface Charge {
  limit: MatchedLimit;
  ask: Ask;
}
type Check = { kind: 'unlimited' } | { kind: 'none' } | { kind: 'charge'; charge: Charge };

export class Limiter {
  readonly #domains: Map<string, (entries: readonly Entry[]) => MatchedLimit | undefined>;
  readonly #counters: CounterClient;
  readonly #settings: LimiterSettings;
  readonly #stats: LimitStats;

  constructor(
    domains: Record<string, LimitDomain>,
    counters: CounterClient,
    stats: LimitStats,
    settings = DEFAULT_SETTINGS,
  ) {
    this.#domains = new Map(Object.entries(domains).map(([name, domain]) => [name, limitFinder(domain)]));
    this.#counters = counters;
    this.#stats = stats;
    this.#settings = settings;
  }

  /**
   * Decides and counts. @param now unix seconds.
   * @returns at once when nothing has to be asked. @throws what the counter store throws.
   */
  decide(request: LimitRequest, now: number, waiting: Waiting): Decision | Promise<Decision> {
    const checks = this.#checks(request, now);
    const charges = checks.flatMap((check) => (check.kind === 'charge' ? [check.charge] : []));
    const counted = this.#settings.stopWhenOver ? this.#stopping(charges, waiting) : this.#count(charges, waiting);
    return isPromise(counted)
      ? counted.then((all) => this.#decision(checks, all, now))
      : this.#decision(checks, counted, now);
  }

  #checks(request: LimitRequest, now: number): Check[] {
    const find = this.#domains.get(request.domain);
    const limits = request.descriptors.map(
      (descriptor) => find && (override(request.domain, descriptor) ?? find(descriptor.entries)),
    );
    const replaced = replacedNames(limits);
    return request.descriptors.map((descriptor, index): Check => {
      const limit = limits[index];
      if (!limit) return { kind: 'none' };
      if (limit.rule.unlimited) return { kind: 'unlimited' };
      if (limit.rule.name && replaced?.has(limit.rule.name)) return { kind: 'none' };
      return { kind: 'charge', charge: { limit, ask: this.#ask(request, descriptor, limit, now) } };
    });
  }

  #ask(request: LimitRequest, descriptor: LimitRequestDescriptor, limit: MatchedLimit, now: number): Ask {
    const unit = limit.rule.unit ?? 'SECOND';
    const start = windowStart(unit, now);
    return {
      name: counterName(this.#settings.keyPrefix, request.domain, descriptor.entries, limit.sharedValues),
      start,
      ends: start + UNIT_SECONDS[unit],
      limit: limit.rule.requestsPerUnit,
      hits: descriptor.hitsAddend ?? Math.max(1, request.hitsAddend ?? 1),
    };
  }

  /** Each descriptor is charged on its own, whatever becomes of the others. */
  #count(charges: Charge[], waiting: Waiting): Counted[] | Promise<Counted[]> {
    let asked = false;
    const all = charges.map(({ ask }) => {
      const known = this.#counters.spend(ask);
      if (known) return known;
      asked = true;
      return this.#counters.ask(ask, (promise) => waiting.waitUntil(promise));
    });
    return asked ? Promise.all(all) : (all as Counted[]);
  }

  /** Looks first; when something would be over, only that is charged. Looking and charging are two steps, as upstream. */
  async #stopping(charges: Charge[], waiting: Waiting): Promise<Counted[]> {
    const exhausted = charges.map(({ ask }) => this.#counters.spend({ ...ask, hits: 0 }));
    if (exhausted.some((known) => known !== undefined)) {
      const rest = charges.filter((_, index) => !exhausted[index]);
      const looked = await this.#look(rest, waiting);
      return exhausted.map((known) => known ?? (looked.shift() as Counted));
    }
    const looked = await this.#look(charges, waiting);
    const over = charges.map(({ ask }, index) => (looked[index] as Counted).after + ask.hits > ask.limit);
    const anyOver = over.includes(true);
    return this.#count(
      charges.map((charge, index) => (anyOver && !over[index] ? peek(charge) : charge)),
      waiting,
    );
  }

  async #look(charges: Charge[], waiting: Waiting): Promise<Counted[]> {
    return this.#count(charges.map(peek), waiting);
  }

  #decision(checks: Check[], counted: Counted[], now: number): Decision {
    let next = 0;
    const outcomes = checks.map((check): Outcome => {
      if (check.kind !== 'charge') return check;
      const { limit, ask } = check.charge;
      const answer = counted[next++] as Counted;
      this.#stats.record(limit.statKey, ask, answer, limit.shadowMode);
      return { kind: 'counted', limit, after: answer.after };
    });
    return decisionOf(outcomes, now, this.#settings);
  }
}

const peek = (charge: Charge): Charge => ({ ...charge, ask: { ...charge.ask, hits: 0 } });
const isPromise = <T>(value: T | Promise<T>): value is Promise<T> => value instanceof Promise;

function override(domain: string, descriptor: LimitRequestDescriptor): MatchedLimit | undefined {
  if (!descriptor.limit) return undefined;
  const parts = descriptor.entries.map(({ key, value }) => (value ? `${key}_${value}` : key));
  return { rule: descriptor.limit, shadowMode: false, quotaMode: false, statKey: `${domain}.${parts.join('.')}` };
}

/** The names that limits matched by this request replace, unlimited ones included. */
function replacedNames(limits: (MatchedLimit | undefined)[]): Set<string> | undefined {
  const names = limits.flatMap((limit) => limit?.rule.replaces ?? []);
  return names.length > 0 ? new Set(names) : undefined;
}
