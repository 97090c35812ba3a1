/**
 * The owner's side: counts in memory over a durable high-water mark. A count is raised in the store before it is passed
 * in a reply, by blocks when demand is high; what is between the mark and the count after a crash is forfeited, never
 * granted twice. Hits beyond the limit are counted in memory only, as nothing depends on their durability.
 *
 * Plain and synchronous: the Durable Object hands it its rows, tests an array.
 */
import { type AnswerRows, Answers } from './answers.ts';
import { granted, Rate } from './demand.ts';
import type { CountCall, CounterUsage, CountReply, CountRequest } from './protocol.ts';

/** The durable rows. Writes of one turn become durable together, before any reply of that turn leaves. */
export interface CounterRows extends AnswerRows {
  read(name: string, start: number): CounterUsage | undefined;
  write(row: CounterUsage): void;
  /** Removes rows of windows that ended at or before `second`, some at a time. True: there may be more. */
  removeEnded(second: number): boolean;
}

interface Counter {
  row: CounterUsage;
  /** The true count; `row.count` is the mark in the store. */
  count: number;
  /** Hits and leases, the whole demand. */
  rate: Rate;
  /** Calls: what an object can take only so many of. */
  calls: Rate;
}

/** Windows are kept this long after their end, so that a slow clock elsewhere cannot open a second one. */
const GRACE_SECONDS = 300;
/** Requests per second at which a key leaves its bucket. */
const HOT_PER_SECOND = 400;
/** A block of durable writes covers this much of the demand, and at most one per cent of the limit. */
const BLOCK_SECONDS = 0.03;

export interface TableOptions {
  /** Milliseconds. */
  now(): number;
  /** False under a test clock: windows are then neither old nor new to us. */
  expire: boolean;
  /** Whether hot keys may leave: true in buckets, false in a key's own object. */
  promote: boolean;
  /** Counters kept in memory; the rest is read again when asked for. */
  memory: number;
}

export class CounterTable {
  readonly #rows: CounterRows;
  readonly #options: TableOptions;
  readonly #answers: Answers;
  readonly #counters = new Map<string, Counter>();
  #writes = 0;
  #unsettled = new Set<Counter>();

  constructor(rows: CounterRows, options: TableOptions) {
    this.#rows = rows;
    this.#options = options;
    this.#answers = new Answers(rows);
  }

  /** Counts what was not counted before; a call that comes again gets its first answer, a late one no other (no replies). */
  answer(call: CountCall): CountReply[] {
    const known = this.#answers.find(call);
    if (known) return known;
    if (call.late) return [];
    const before = this.#writes;
    const replies = call.requests.map((request) => this.count(request));
    this.#answers.keep(call, replies, this.#options.now(), this.#writes > before);
    return replies;
  }

  /** Counts one request; the rows it wrote must be durable before the reply is sent. */
  count(request: CountRequest): CountReply {
    const now = this.#options.now();
    if (this.#options.expire && request.ends + GRACE_SECONDS < now / 1000)
      return { after: request.limit + 1, granted: 0 };
    const counter = this.#counter(request);
    if (counter.row.moved) return { after: 0, granted: 0, moved: true };
    if (this.#isHot(counter, now)) return this.#move(counter);
    const before = counter.count;
    const after = before + request.hits;
    counter.rate.add(request.hits, now);
    const lease = granted(request.want, request.limit - after, request.rate, counter.rate.perSecond(now));
    counter.rate.add(lease, now);
    counter.count = after + lease;
    counter.row.limit = request.limit;
    this.#makeDurable(counter, now);
    return { after, granted: lease };
  }

  /** A hot key's own object takes the key over: from here on this table answers `moved` in that window. */
  handOver(name: string, start: number, ends: number, limit: number): number {
    const counter = this.#counter({ name, start, ends, limit });
    if (!counter.row.moved) this.#move(counter);
    return counter.count;
  }

  /** Starts a counter from what its bucket had, unless it is already here. */
  adopt(row: CounterUsage): void {
    if (this.has(row.name, row.start)) return;
    this.#rows.write(row);
    this.#remember(counterOf(row));
  }

  has(name: string, start: number): boolean {
    return this.#counters.has(`${name}${start}`) || this.#rows.read(name, start) !== undefined;
  }

  /** Writes the true counts where the mark is ahead of them, so that an idle object loses nothing when it is evicted. */
  settle(): void {
    for (const counter of this.#unsettled) this.#write(counter, counter.count);
    this.#unsettled = new Set();
  }

  get unsettled(): boolean {
    return this.#unsettled.size > 0;
  }

  /** Sets a counter's window back to zero. */
  reset(name: string, start: number): void {
    const key = `${name}${start}`;
    const row = this.#counters.get(key)?.row ?? this.#rows.read(name, start);
    if (!row) return;
    const counter = this.#counters.get(key) ?? counterOf(row);
    counter.count = 0;
    this.#write(counter, 0);
    this.#unsettled.delete(counter);
  }

  /** The true count of a window, or undefined when it has none. */
  usage(name: string, start: number): CounterUsage | undefined {
    const counter = this.#counters.get(`${name}${start}`);
    const row = counter?.row ?? this.#rows.read(name, start);
    return row && { ...row, count: counter?.count ?? row.count };
  }

  /** Forgets windows that are over. True: not yet all of them. */
  sweep(): boolean {
    if (!this.#options.expire) return false;
    const ended = Math.floor(this.#options.now() / 1000) - GRACE_SECONDS;
    const more = this.#rows.removeEnded(ended);
    this.#answers.sweep(this.#options.now());
    for (const [key, counter] of this.#counters) {
      if (counter.row.ends > ended) continue;
      this.#counters.delete(key);
      this.#unsettled.delete(counter);
    }
    return more;
  }

  #counter(request: Pick<CountRequest, 'name' | 'start' | 'ends' | 'limit'>): Counter {
    const { name, start, ends, limit } = request;
    const known = this.#counters.get(`${name}${start}`);
    if (known) return known;
    const row = this.#rows.read(name, start) ?? { name, start, ends, limit, count: 0, moved: false };
    return this.#remember(counterOf(row));
  }

  #remember(counter: Counter): Counter {
    if (this.#counters.size >= this.#options.memory) this.#forgetOldest();
    this.#counters.set(`${counter.row.name}${counter.row.start}`, counter);
    return counter;
  }

  #forgetOldest(): void {
    this.settle();
    let left = this.#options.memory / 10;
    for (const key of this.#counters.keys()) {
      if (left-- <= 0) return;
      this.#counters.delete(key);
    }
  }

  #makeDurable(counter: Counter, now: number): void {
    const { row, count } = counter;
    if (count > row.count && row.count <= row.limit) this.#write(counter, this.#mark(counter, now));
    if (row.count > count) this.#unsettled.add(counter);
  }

  #mark({ row, count, rate }: Counter, now: number): number {
    const block = Math.min(rate.perSecond(now) * BLOCK_SECONDS, row.limit / 100);
    return Math.max(count, Math.min(row.limit, count + Math.floor(block)));
  }

  #write(counter: Counter, mark: number): void {
    this.#writes++;
    counter.row.count = mark;
    this.#rows.write(counter.row);
  }

  #move(counter: Counter): CountReply {
    counter.row.moved = true;
    this.#write(counter, counter.count);
    this.#unsettled.delete(counter);
    return { after: 0, granted: 0, moved: true };
  }

  #isHot(counter: Counter, now: number): boolean {
    if (!this.#options.promote) return false;
    counter.calls.add(1, now);
    return counter.calls.perSecond(now) > HOT_PER_SECOND;
  }
}

function counterOf(row: CounterUsage): Counter {
  return { row, count: row.count, rate: new Rate(), calls: new Rate() };
}
