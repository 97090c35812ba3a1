/** A call whose answer is lost is sent again, and charges nothing twice: at once, later, and after the owner's crash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Answer } from './answers.ts';
import { CounterClient } from './client.ts';
import type { CountCall, CounterStore, CounterUsage, CountReply, CountRequest } from './protocol.ts';
import { type CounterRows, CounterTable } from './table.ts';

class Rows implements CounterRows {
  readonly counters = new Map<string, CounterUsage>();
  readonly kept = new Map<string, Answer>();
  read = (name: string, start: number) => structuredClone(this.counters.get(name + start));
  write = (row: CounterUsage) => void this.counters.set(row.name + row.start, { ...row });
  removeEnded = () => false;
  answers = () => structuredClone([...this.kept.values()]);
  writeAnswer = (answer: Answer) => void this.kept.set(answer.from, structuredClone(answer));
  removeAnswers(at: number) {
    for (const [from, answer] of this.kept) if (answer.at < at) this.kept.delete(from);
  }
}

type Fate = 'answered' | 'not sent' | 'reply lost' | 'crashed before the reply';

/** One object whose every call meets the next fate of a list. */
class Fated implements CounterStore {
  readonly atOnce = 1;
  readonly rows = new Rows();
  readonly fates: Fate[] = [];
  calls = 0;
  #table = this.#start();

  objectOf = () => 'object';

  async count(_: string, calls: CountCall[]): Promise<CountReply[][]> {
    this.calls++;
    const fate = this.fates.shift() ?? 'answered';
    if (fate === 'not sent') throw new Error(fate);
    const replies = structuredClone(calls).map((call) => this.#table.answer(call));
    if (fate === 'crashed before the reply') this.#table = this.#start();
    if (fate !== 'answered') throw new Error(fate);
    return structuredClone(replies);
  }

  charged = () => this.#table.usage('d_k_', 0)?.count ?? 0;

  #start(): CounterTable {
    return new CounterTable(this.rows, { now: () => 0, expire: true, promote: false, memory: 100 });
  }
}

const clientOf = (store: CounterStore) =>
  new CounterClient(store, { lease: true, rememberAfter: Infinity, recheckMs: 10_000, now: () => 0 });
const ask = { name: 'd_k_', start: 0, ends: 3600, limit: 50, hits: 1 };
const hit = (client: CounterClient, hits = 1) =>
  client
    .ask({ ...ask, hits }, () => undefined)
    .then(
      ({ after }) => after,
      () => 'failed',
    );

for (const fate of ['reply lost', 'crashed before the reply', 'not sent'] as const) {
  test(`${fate}: the second try gets the first one's answer, charged once`, async () => {
    const store = new Fated();
    const client = clientOf(store);
    assert.equal(await hit(client), 1);
    store.fates.push(fate);
    assert.equal(await hit(client), 2);
    assert.equal(await hit(client), 3);
    assert.equal(store.charged(), 3);
    assert.equal(store.calls, 4);
  });
}

test('when the second try fails too the asker is told at once, and only what was counted is charged', async () => {
  const store = new Fated();
  const client = clientOf(store);
  store.fates.push('not sent', 'not sent');
  assert.equal(await hit(client), 'failed');
  assert.equal(store.calls, 2);
  assert.equal(await hit(client), 1, 'what never came is not charged afterwards');
  store.fates.push('reply lost', 'crashed before the reply');
  assert.equal(await hit(client), 'failed');
  assert.equal(await hit(client), 3);
  assert.equal(store.charged(), 3);
});

test('an overloaded object is not asked twice', async () => {
  let calls = 0;
  const count = () => {
    calls++;
    return Promise.reject(Object.assign(new Error('overloaded'), { overloaded: true }));
  };
  const store = { atOnce: 1, objectOf: () => 'o', count };
  assert.equal(await hit(clientOf(store)), 'failed');
  assert.equal(calls, 1);
});

test('a lease whose reply was lost is held after all', async () => {
  const store = new Fated();
  const client = clientOf(store);
  const wide = { ...ask, limit: 100_000 };
  const request = (hits: number) => client.ask({ ...wide, hits }, () => undefined);
  await request(1000);
  store.fates.push('reply lost', 'reply lost');
  await assert.rejects(request(1000));
  const leased = store.charged() - 2000;
  assert.ok(leased > 0, 'something was leased');
  await client.ask({ ...ask, name: 'other_' }, () => undefined);
  assert.equal(client.spend({ ...wide, hits: leased })?.local, true);
  assert.equal(store.charged(), 2000 + leased);
});

test('an older call that comes late is not charged', () => {
  const table = new CounterTable(new Rows(), { now: () => 0, expire: true, promote: false, memory: 100 });
  const request: CountRequest = { ...ask, want: 0, rate: 1 };
  const call = (number: number) => table.answer({ from: 'a', number, requests: [request] })[0];
  assert.equal(call(2)?.after, 1);
  assert.equal(call(1)?.after, ask.limit + 1);
  assert.equal(call(3)?.after, 2);
});

test('whatever is lost, no hit is charged twice, and each that is answered is charged', async () => {
  const fate = fc.constantFrom<Fate>('answered', 'answered', 'not sent', 'reply lost', 'crashed before the reply');
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { minLength: 10, maxLength: 100 }), async (fates) => {
      const store = new Fated();
      const client = clientOf(store);
      store.fates.push(...fates);
      const answers = [];
      while (store.fates.length > 0) answers.push(await hit(client));
      for (let more = 0; more < 2; more++) answers.push(await hit(client));
      const counted = answers.filter((after) => typeof after === 'number');
      assert.equal(new Set(counted).size, counted.length);
      assert.ok(store.charged() <= answers.length && store.charged() >= counted.length);
      assert.equal(answers.at(-1), store.charged());
    }),
  );
});
