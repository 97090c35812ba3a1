import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Answer } from './answers.ts';
import { CounterClient } from './client.ts';
import { bucketName, type CountCall, type CounterUsage, type CountRequest, hotObjectName } from './protocol.ts';
import { type CounterRows, CounterTable } from './table.ts';

/** Rows that outlive a table, as the disk outlives a process. */
class MemoryRows implements CounterRows {
  readonly rows = new Map<string, CounterUsage>();
  writes = 0;
  read(name: string, start: number) {
    const row = this.rows.get(`${name}${start}`);
    return row && { ...row };
  }
  write(row: CounterUsage) {
    this.writes++;
    this.rows.set(`${row.name}${row.start}`, { ...row });
  }
  readonly kept = new Map<string, Answer>();
  answers() {
    return structuredClone([...this.kept.values()]);
  }
  writeAnswer(answer: Answer) {
    this.kept.set(answer.from, structuredClone(answer));
  }
  removeAnswers(at: number) {
    for (const [from, answer] of this.kept) if (answer.at < at) this.kept.delete(from);
  }
  removeEnded(second: number) {
    for (const [key, { ends }] of this.rows) if (ends <= second) this.rows.delete(key);
    return false;
  }
}

const request = (limit: number, hits = 1, want = 0): CountRequest => ({
  name: 'd_k_',
  start: 0,
  ends: 3600,
  limit,
  hits,
  want,
  rate: 10,
});
const tableOn = (rows: CounterRows, now = () => 0, promote = false) =>
  new CounterTable(rows, { now, expire: true, promote, memory: 4000 });

test('rejected hits stay counted, as INCRBY does', () => {
  const table = tableOn(new MemoryRows());
  assert.deepEqual(
    [4, 7, 1].map((hits) => table.count(request(10, hits)).after),
    [4, 11, 12],
  );
});

test('a restart forgets nothing of a small limit, and never what was granted of a great one', () => {
  const rows = new MemoryRows();
  for (let count = 1; count <= 5; count++) assert.equal(tableOn(rows).count(request(10)).after, count);
  let now = 0;
  const busy = tableOn(rows, () => (now += 1));
  let after = 0;
  for (let index = 0; index < 3000; index++) after = busy.count(request(100_000)).after;
  assert.ok(rows.writes < 1000, `${rows.writes} writes`);
  const again = tableOn(rows).count(request(100_000)).after;
  assert.ok(again > after && again <= after + 1001, `${again} after ${after}`);
});

test('settling loses nothing at a restart', () => {
  const rows = new MemoryRows();
  const table = tableOn(rows);
  for (let index = 0; index < 300; index++) table.count(request(100_000));
  table.settle();
  assert.equal(tableOn(rows).count(request(100_000)).after, 301);
});

test('nothing is leased near the limit, and no more than half of what is left', () => {
  const table = tableOn(new MemoryRows());
  assert.equal(table.count(request(100, 1, 50)).granted, 0);
  assert.equal(table.count({ ...request(1001, 1, 5000), name: 'x' }).granted, 500);
});

test('a window that ended is removed, and a late hit does not open it again', () => {
  const rows = new MemoryRows();
  let now = 0;
  const table = tableOn(rows, () => now);
  table.count(request(1));
  now = 3_600_000 + 301_000;
  table.sweep();
  assert.equal(rows.rows.size, 0);
  assert.ok(table.count(request(1)).after > 1);
});

test('a hot key moves to an object of its own with its count', () => {
  const bucket = tableOn(new MemoryRows(), () => 0, true);
  let admitted = 0;
  while (!bucket.count(request(1_000_000)).moved) admitted++;
  assert.ok(admitted > 100);
  const own = tableOn(new MemoryRows());
  own.adopt({ name: 'd_k_', start: 0, ends: 3600, limit: 9, moved: false, count: bucket.handOver('d_k_', 0, 3600, 9) });
  assert.equal(own.count(request(1_000_000)).after, admitted + 1);
});

/** A store whose objects can crash: memory is gone, rows stay; replies may be lost. */
class ShakyStore {
  readonly rows = new Map<string, MemoryRows>();
  tables = new Map<string, CounterTable>();
  lose = false;
  readonly now = () => this.#now;
  #now = 0;

  objectOf = bucketName;
  atOnce = 2;

  async count(object: string, calls: CountCall[]) {
    this.#now += 3;
    const replies = calls.map((call) => this.#table(object, call.requests[0]!).answer(call));
    await Promise.resolve();
    if (this.lose) throw new Error('connection lost');
    return replies;
  }

  #table(object: string, { name, start, ends, limit }: CountRequest): CounterTable {
    const known = this.tables.get(object);
    const rows = this.rows.get(object) ?? new MemoryRows();
    this.rows.set(object, rows);
    const hot = object === hotObjectName(name);
    const table = known ?? tableOn(rows, this.now, !hot);
    this.tables.set(object, table);
    if (hot && !table.has(name, start)) {
      const count = this.#table(bucketName(name), { name, start, ends, limit, hits: 0, want: 0, rate: 0 }).handOver(
        name,
        start,
        ends,
        limit,
      );
      table.adopt({ name, start, ends, limit, count, moved: false });
    }
    return table;
  }
}

test('whatever crashes and whatever is lost, no more is admitted than the limit', async () => {
  const event = fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({ do: fc.constant('hit'), client: fc.nat(3), hits: fc.integer({ min: 1, max: 3 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('crash', 'lose', 'find', 'restart'),
        client: fc.nat(3),
        hits: fc.constant(0),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 600 }),
      fc.array(event, { maxLength: 800, minLength: 50 }),
      async (limit, events) => {
        const store = new ShakyStore();
        const client = () =>
          new CounterClient(store, { lease: true, rememberAfter: 1, recheckMs: 10_000, now: store.now });
        const clients = [client(), client(), client(), client()];
        const pending: Promise<number>[] = [];
        const ask = { name: 'd_k_', start: 0, ends: 3600, limit };
        for (const each of events) {
          if (each.do === 'crash') store.tables = new Map();
          else if (each.do === 'restart') clients[each.client] = client();
          else if (each.do !== 'hit') store.lose = each.do === 'lose';
          else pending.push(admitted(clients[each.client]!, { ...ask, hits: each.hits }));
          if (pending.length % 7 === 0) await Promise.resolve();
        }
        const sum = (await Promise.all(pending)).reduce((total, hits) => total + hits, 0);
        assert.ok(sum <= limit, `${sum} of ${limit}`);
      },
    ),
    { numRuns: 60 },
  );
});

async function admitted(client: CounterClient, ask: Parameters<CounterClient['spend']>[0]): Promise<number> {
  const counted = client.spend(ask) ?? (await client.ask(ask, () => undefined).catch(() => undefined));
  return counted && counted.after <= ask.limit ? ask.hits : 0;
}

test('an exhausted limit is asked for again after a while, so that a reset is noticed', async () => {
  let now = 0;
  const store = new ShakyStore();
  const client = new CounterClient(store, { lease: true, rememberAfter: 1, recheckMs: 10_000, now: () => now });
  const ask = { name: 'd_k_', start: 0, ends: 3600, limit: 1, hits: 1 };
  const tries = async () => ((await admitted(client, ask)) > 0 ? 'admitted' : 'refused');
  assert.deepEqual([await tries(), await tries(), await tries()], ['admitted', 'refused', 'refused']);
  store.tables.get(bucketName('d_k_'))?.reset('d_k_', 0);
  assert.equal(await tries(), 'refused');
  now = 10_001;
  assert.equal(await tries(), 'admitted');
});
