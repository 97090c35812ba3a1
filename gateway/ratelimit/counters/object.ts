/** The Durable Object of counters: a CounterTable over SQLite. One class for buckets and for the objects of hot keys. */
import { DurableObject } from 'cloudflare:workers';
import {
  bucketName,
  type CountCall,
  type CounterUsage,
  type CountReply,
  type CountRequest,
  HOT,
  ONLY_OBJECT,
} from './protocol.ts';
import { SqlRows } from './sql-rows.ts';
import { CounterTable } from './table.ts';

export interface CounterEnv {
  COUNTERS: DurableObjectNamespace<CounterObject>;
  /** 'true': time is what the asker says (bowsprit ratelimit serve --test-clock); nothing expires. */
  TEST_CLOCK?: string;
}

const SETTLE_MS = 1000;
const SWEEP_MS = 60_000;
/** Counters in memory: of one object among many, and of the only one. */
const MEMORY = 4_000;
const ONLY_MEMORY = 100_000;

export class CounterObject extends DurableObject<CounterEnv> {
  readonly #rows: SqlRows;
  readonly #table: CounterTable;
  readonly #hot: boolean;
  #timer = false;
  #nextSweep = 0;

  constructor(ctx: DurableObjectState, env: CounterEnv) {
    super(ctx, env);
    const { name = '' } = ctx.id;
    this.#hot = name.startsWith(HOT);
    this.#rows = new SqlRows(ctx.storage.sql);
    this.#table = new CounterTable(this.#rows, {
      now: Date.now,
      expire: env.TEST_CLOCK !== 'true',
      promote: !this.#hot && name !== ONLY_OBJECT,
      memory: name === ONLY_OBJECT ? ONLY_MEMORY : MEMORY,
    });
  }

  /** The output gate holds the replies until the rows that they rest on are on disk. */
  async count(calls: CountCall[]): Promise<CountReply[][]> {
    if (this.#hot) for (const { requests } of calls) await this.#adopt(requests);
    const replies = calls.map((call) => this.#table.answer(call));
    this.#housekeeping();
    return replies;
  }

  /** Freezes a window here and tells its count to the key's own object. May be asked again: the answer stays. */
  async handOver(name: string, start: number, ends: number, limit: number): Promise<number> {
    return this.#table.handOver(name, start, ends, limit);
  }

  /** The windows open at `now` of the counters whose name begins with `prefix`, the highest counts first. */
  async usage(prefix: string, now: number, most: number): Promise<CounterUsage[]> {
    this.#table.settle();
    return this.#rows.top(prefix, now, most).map((row) => this.#table.usage(row.name, row.start) ?? row);
  }

  /** Sets every open window of one counter back to zero, and says what they were. */
  async reset(name: string, now: number): Promise<CounterUsage[]> {
    const open = this.#rows.windows(name, now).map((row) => this.#table.usage(row.name, row.start) ?? row);
    for (const { start, moved } of open) if (!moved) this.#table.reset(name, start);
    return open;
  }

  override async alarm(): Promise<void> {
    const more = this.#table.sweep();
    if (!this.#rows.isEmpty()) await this.ctx.storage.setAlarm(Date.now() + (more ? SETTLE_MS : SWEEP_MS));
  }

  async #adopt(requests: CountRequest[]): Promise<void> {
    for (const { name, start, ends, limit } of requests) {
      if (this.#table.has(name, start)) continue;
      const bucket = this.env.COUNTERS.get(this.env.COUNTERS.idFromName(bucketName(name)));
      const count = await bucket.handOver(name, start, ends, limit);
      this.#table.adopt({ name, start, ends, limit, count, moved: false });
    }
  }

  /** The true counts are written a second after the last block, ended windows removed once a minute. */
  #housekeeping(): void {
    if (this.#table.unsettled && !this.#timer) {
      this.#timer = true;
      setTimeout(() => {
        this.#timer = false;
        this.#table.settle();
      }, SETTLE_MS);
    }
    if (Date.now() < this.#nextSweep) return;
    const more = this.#nextSweep > 0 && this.#table.sweep();
    this.#nextSweep = Date.now() + (more ? SETTLE_MS : SWEEP_MS);
    if (!more) this.ctx.waitUntil(this.ctx.storage.setAlarm(this.#nextSweep + SWEEP_MS));
  }
}
