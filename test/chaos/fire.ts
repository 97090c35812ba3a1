/**
 * Exactness under fire: many gateway processes on one counter store, processes killed at random moments, and a ledger of
 * everything that was admitted. No window may admit more than its limit, whatever died; and what a limit allows should
 * be admitted, but for what dead processes held.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { windowStart } from '../../gateway/ratelimit/units.ts';
import type { LimitDomain, LimitUnit } from '../../gateway/snapshot.ts';
import type { Fired } from './counter-client.ts';
import { type Client, type Killable, startClient, startCounters } from './processes.ts';

export interface FireOptions {
  processes: number;
  requests: number;
  /** Decisions in one HTTP call, all at once. */
  batch: number;
  /** Processes killed, at random points of the way; every third time it is the counters. */
  kills: number;
  seed: number;
}

interface Kind {
  unit: LimitUnit;
  limit: number;
  keys: number;
  /** Of all requests. */
  share: number;
}

/** Ten to thirty thousand an hour, and a window that ends while it is fired at. */
function kindsFor(requests: number): Record<string, Kind> {
  return {
    small: { unit: 'HOUR', limit: 10, keys: Math.ceil(requests / 200), share: 0.15 },
    middle: { unit: 'HOUR', limit: 500, keys: Math.ceil(requests / 10_000), share: 0.35 },
    large: { unit: 'HOUR', limit: Math.ceil(requests * 0.15), keys: 2, share: 0.4 },
    minute: { unit: 'MINUTE', limit: 200, keys: 5, share: 0.1 },
  };
}

export interface Line {
  kind: string;
  limit: number;
  windows: number;
  answered: number;
  admitted: number;
  /** min(limit, answered) over all windows: what could have been admitted. */
  possible: number;
  /** Windows that admitted more than the limit: there must be none. */
  exceeded: number;
}

export interface FireReport {
  lines: Line[];
  sent: number;
  unanswered: number;
  kills: { counters: number; gateways: number };
  seconds: number;
}

/** Fires and counts. Everything runs in a folder of its own, removed at the end. */
export async function fire(options: FireOptions): Promise<FireReport> {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const kinds = kindsFor(options.requests);
  const random = generator(options.seed);
  const counters = await startCounters(join(folder, 'state'), join(folder, 'data'));
  const clients = await Promise.all(
    Array.from({ length: options.processes }, (_, index) =>
      startClient(join(folder, String(index)), join(folder, 'state'), limitsOf(kinds)),
    ),
  );
  try {
    await Promise.all(clients.map(reachable));
    return await run(options, { kinds, random, counters, clients });
  } finally {
    await Promise.all([counters, ...clients].map((process) => process.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Field {
  kinds: Record<string, Kind>;
  random: () => number;
  counters: Killable;
  clients: Client[];
}

async function run(options: FireOptions, field: Field): Promise<FireReport> {
  const ledger = new Ledger(field.kinds);
  const kills = { counters: 0, gateways: 0 };
  const started = performance.now();
  const maybeKill = killer(options, field, kills);
  let left = options.requests;
  let sent = 0;
  const shooter = async (client: Client): Promise<void> => {
    while (left > 0) {
      const size = Math.min(options.batch, left);
      left -= size;
      sent += size;
      maybeKill(sent);
      const keys = Array.from({ length: size }, () => pick(field.kinds, field.random));
      const answer = await client.post(JSON.stringify(keys)).catch(() => undefined);
      const fired = answer === undefined ? undefined : (JSON.parse(answer) as Fired);
      if (fired) ledger.add(keys, fired);
      else ledger.lost(size);
      // Refused at once while the counters are away: a client would not hammer on.
      if (!fired?.results.some((result) => result >= 0)) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await Promise.all(field.clients.map(shooter));
  const seconds = (performance.now() - started) / 1000;
  return { lines: ledger.lines(), sent, unanswered: ledger.unanswered, kills, seconds };
}

/** Kills when a random part of the requests has been sent, so that a slow machine kills as often as a fast one. */
function killer(
  { kills: count, requests }: FireOptions,
  field: Field,
  kills: FireReport['kills'],
): (sent: number) => void {
  const points = Array.from({ length: count }, () => (0.05 + 0.9 * field.random()) * requests).sort((a, b) => a - b);
  return (sent) => {
    while (points[0] !== undefined && sent >= points[0]) {
      points.shift();
      if ((kills.counters + kills.gateways) % 3 === 0) {
        field.counters.kill();
        kills.counters++;
      } else {
        field.clients[Math.floor(field.random() * field.clients.length)]?.kill();
        kills.gateways++;
      }
    }
  };
}

async function reachable(client: Client): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await client.post('[]').catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('a gateway process does not answer');
}

function limitsOf(kinds: Record<string, Kind>): Record<string, LimitDomain> {
  const descriptors = Object.entries(kinds).map(([key, { unit, limit }]) => ({
    key,
    rateLimit: { unit, requestsPerUnit: limit },
  }));
  return { chaos: { domain: 'chaos', descriptors } };
}

function pick(kinds: Record<string, Kind>, random: () => number): [string, string] {
  let point = random();
  for (const [name, { share, keys }] of Object.entries(kinds)) {
    if (point < share) return [name, `k${Math.floor(random() * keys)}`];
    point -= share;
  }
  return ['small', 'k0'];
}

/** Who was admitted, by counter and window. */
class Ledger {
  readonly #kinds: Record<string, Kind>;
  readonly #windows = new Map<string, { kind: string; answered: number; admitted: number }>();
  unanswered = 0;

  constructor(kinds: Record<string, Kind>) {
    this.#kinds = kinds;
  }

  add(keys: readonly [string, string][], { now, results }: Fired): void {
    for (const [index, [kind, key]] of keys.entries()) {
      const result = results[index];
      if (result === undefined || result < 0) this.unanswered++;
      else this.#count(kind, key, now, result);
    }
  }

  lost(requests: number): void {
    this.unanswered += requests;
  }

  #count(kind: string, key: string, now: number, admitted: number): void {
    const start = windowStart(this.#kinds[kind]?.unit ?? 'HOUR', now);
    const name = `${kind} ${key} ${start}`;
    const window = this.#windows.get(name) ?? { kind, answered: 0, admitted: 0 };
    window.answered++;
    window.admitted += admitted;
    this.#windows.set(name, window);
  }

  lines(): Line[] {
    return Object.entries(this.#kinds).map(([kind, { limit }]) => {
      const windows = [...this.#windows.values()].filter((window) => window.kind === kind);
      const sum = (of: (window: { answered: number; admitted: number }) => number) =>
        windows.reduce((total, window) => total + of(window), 0);
      return {
        kind,
        limit,
        windows: windows.length,
        answered: sum(({ answered }) => answered),
        admitted: sum(({ admitted }) => admitted),
        possible: sum(({ answered }) => Math.min(limit, answered)),
        exceeded: windows.filter(({ admitted }) => admitted > limit).length,
      };
    });
  }
}

/** mulberry32: the same kills and keys for the same seed, as far as the machine allows. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Of what could have been admitted, the part that was not. */
export function underAdmission({ lines }: FireReport): number {
  const possible = lines.reduce((sum, line) => sum + line.possible, 0);
  const admitted = lines.reduce((sum, line) => sum + line.admitted, 0);
  return possible === 0 ? 0 : (possible - admitted) / possible;
}

/** The report as a table for people. */
export function table(report: FireReport): string {
  const { lines, sent, unanswered, kills, seconds } = report;
  const head = ['limit', 'windows', 'answered', 'possible', 'admitted', 'under', 'exceeded'];
  const rows = lines.map((line) => {
    const under = line.possible === 0 ? 0 : (100 * (line.possible - line.admitted)) / line.possible;
    const cells = [
      line.limit,
      line.windows,
      line.answered,
      line.possible,
      line.admitted,
      `${under.toFixed(2)} %`,
      line.exceeded,
    ];
    return [line.kind.padEnd(8), ...cells.map((cell) => String(cell).padStart(9))].join(' ');
  });
  return [
    `${sent} requests in ${seconds.toFixed(1)} s, ${unanswered} unanswered; killed: counters ${kills.counters}, gateways ${kills.gateways}`,
    [''.padEnd(8), ...head.map((cell) => cell.padStart(9))].join(' '),
    ...rows,
    `under-admission ${(100 * underAdmission(report)).toFixed(3)} %`,
  ].join('\n');
}
