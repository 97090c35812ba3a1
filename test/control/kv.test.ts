/** Publishing to Workers KV and reading it back: shards by host, an atomic head, and the last good Snapshot whatever fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Compiled, compile } from '../../control-api/compile/compile.ts';
import { INGRESS_GATEWAY } from '../../control-api/compile/processor.ts';
import { loadResources } from '../../control-api/resources/load.ts';
import { KvPublisher } from '../../control-api/store/kv-publisher.ts';
import { Snapshots } from '../../control-api/store/snapshots.ts';
import { deployed } from '../../gateway/deployed.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { ServedCount } from '../../gateway/served-count.ts';
import { KvSnapshots, type Report } from '../../gateway/snapshot-kv.ts';
import { LIVE } from '../../gateway/snapshot-shards.ts';
import { answering, GATEWAY_OBJECT } from '../support/resources.ts';
import { memorySql } from './api.ts';

class FakeKv {
  readonly values = new Map<string, string>();
  readonly log: string[] = [];
  broken = (_key: string): boolean => false;

  async get(key: string): Promise<unknown> {
    this.log.push(`get ${key}`);
    if (this.broken(key)) throw new Error('KV is away');
    const text = this.values.get(key);
    return text === undefined ? null : JSON.parse(text);
  }
  async put(key: string, value: string): Promise<void> {
    this.log.push(`put ${key}`);
    this.values.set(key, value);
  }
  async delete(key: string): Promise<void> {
    this.log.push(`delete ${key}`);
    this.values.delete(key);
  }
}

const virtualService = (hosts: string[], status: number) => answering(hosts[0]!.replace('*', 'any'), status, hosts);

function compiled(services: object[]): Compiled {
  const files = [GATEWAY_OBJECT, ...services].map((object, index) => ({
    file: `${index}`,
    text: JSON.stringify(object),
  }));
  const { resources } = loadResources(files, { namespace: 'default' });
  return compile({ resources, mesh: {}, identity: INGRESS_GATEWAY });
}

/** Publishes on demand, and reads as an isolate whose clock the test turns. */
function scene() {
  const kv = new FakeKv();
  const { sql } = memorySql();
  const snapshots = new Snapshots(sql);
  const publisher = new KvPublisher(sql, kv, snapshots, 1);
  let now = 0;
  const background: Promise<unknown>[] = [];
  const isolate = (report?: Report) => new KvSnapshots(kv, report, () => now);
  return {
    kv,
    isolate,
    publish: async (...services: object[]) => {
      const { head, shards } = compiled(services);
      snapshots.publish({ head, shards }, []);
      await publisher.publish({ live: head.id });
    },
    ask: async (reader: KvSnapshots, host: string) =>
      statusOf(await reader.gateway(host, (work) => background.push(work)), host),
    pass: async (ms: number) => {
      now += ms;
      await Promise.all(background);
    },
    settle: () => Promise.all(background),
    stage: async (percent: number, ...services: object[]) => {
      const live = snapshots.current?.snapshot ?? '';
      const { head, shards } = compiled(services);
      snapshots.stage({ head, shards });
      await publisher.publish({ live, candidate: { id: head.id, percent } });
      return head.id;
    },
  };
}

function statusOf(found: Gateway | undefined, host: string): number | undefined {
  const routes = found?.listener(80)?.server(undefined).table.find(host)?.virtualHost.routes;
  const action = routes?.[0]?.action;
  return action?.kind === 'direct' ? action.status : undefined;
}

const hosts = Array.from({ length: 300 }, (_, i) => virtualService([`h${i}.test`], 200 + i));

test('every host finds its route in its own shard, wildcards from any', async () => {
  const { publish, ask, isolate } = scene();
  await publish(...hosts, virtualService(['*.wild.test', 'exact.test'], 599));
  const reader = isolate();
  for (let i = 0; i < 300; i += 7) assert.equal(await ask(reader, `h${i}.test:80`), 200 + i);
  assert.equal(await ask(reader, 'a.wild.test'), 599);
  assert.equal(await ask(reader, 'EXACT.test'), 599);
  assert.equal(await ask(reader, 'nobody.test'), undefined);
});

test('a cold isolate reads the head, the common shard and one more', async () => {
  const { publish, ask, isolate, kv } = scene();
  await publish(...hosts);
  kv.log.length = 0;
  await ask(isolate(), 'h3.test');
  assert.equal(kv.log.length, 3);
  assert.equal(kv.log[0], `get ${LIVE}`);
});

test('a change writes one shard and then the head', async () => {
  const { publish, kv } = scene();
  await publish(...hosts);
  kv.log.length = 0;
  await publish(...hosts.slice(0, -1), virtualService(['h299.test'], 418));
  assert.equal(kv.log.filter((line) => line.startsWith('put shard/')).length, 1);
  assert.equal(kv.log.at(-1), `put ${LIVE}`);
});

test('an isolate takes a new Snapshot over in the background', async () => {
  const { publish, ask, pass, settle, isolate } = scene();
  await publish(virtualService(['a.test'], 201));
  const reader = isolate();
  assert.equal(await ask(reader, 'a.test'), 201);
  await publish(virtualService(['a.test'], 202));
  assert.equal(await ask(reader, 'a.test'), 201, 'looked just now');
  await pass(5000);
  assert.equal(await ask(reader, 'a.test'), 201, 'this request does not wait');
  await settle();
  assert.equal(await ask(reader, 'a.test'), 202);
});

test('while KV fails or a shard is missing, the last good Snapshot serves', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { publish, ask, pass, settle, isolate, kv } = scene();
  assert.equal(await ask(isolate(), 'a.test'), undefined, 'nothing published: what was deployed serves');
  await publish(virtualService(['a.test'], 201));
  const reader = isolate();
  assert.equal(await ask(reader, 'a.test'), 201);
  await publish(virtualService(['a.test'], 202), virtualService(['b.test'], 203));
  for (const broken of [() => true, (key: string) => key.startsWith('shard/')]) {
    kv.broken = broken;
    await pass(5000);
    assert.equal(await ask(reader, 'a.test'), 201);
    await settle();
    assert.equal(await ask(reader, 'a.test'), 201);
  }
  kv.broken = () => false;
  await pass(5000);
  await ask(reader, 'a.test');
  await settle();
  assert.equal(await ask(reader, 'b.test'), 203);
});

/** How often each of two statuses is found. */
async function shareOf(ask: () => Promise<number | undefined>, status: number): Promise<number> {
  let found = 0;
  for (let i = 0; i < 400; i++) if ((await ask()) === status) found++;
  return found / 400;
}

test('a candidate gets its share, the control API hears of it each second, and its word counts at once', async () => {
  const { publish, stage, ask, pass, settle, isolate } = scene();
  const told: { candidate: string; counts: ServedCount[] }[] = [];
  let percent = 30;
  const reader = isolate(async (candidate, counts) => {
    told.push({ candidate, counts });
    return percent;
  });
  await publish(virtualService(['a.test'], 201));
  const id = await stage(30, virtualService(['a.test'], 202));
  const share = () => shareOf(() => ask(reader, 'a.test'), 202);
  const first = await share();
  assert.ok(first > 0.15 && first < 0.45, `${first}`);
  await pass(1000);
  await share();
  assert.deepEqual([...new Set(told.map(({ candidate }) => candidate))], [id]);
  assert.equal(told.length, 2, 'once a second, however many requests there are');
  percent = 0;
  await pass(1000);
  await ask(reader, 'a.test');
  await settle();
  assert.equal(await share(), 0);
  await pass(5000);
  await ask(reader, 'a.test');
  await settle();
  assert.equal(await share(), 0, 'KV still says 30 %, but that is older');
});

test('without anybody to tell, no request gets a candidate; one that cannot be read is left out', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { publish, stage, ask, isolate, kv } = scene();
  await publish(virtualService(['a.test'], 201));
  await stage(100, virtualService(['a.test'], 202));
  assert.equal(await ask(isolate(), 'a.test'), 201);
  assert.equal(
    await ask(
      isolate(async () => 100),
      'a.test',
    ),
    202,
  );
  const shards = new Set(kv.values.keys());
  await stage(100, virtualService(['a.test'], 203));
  kv.broken = (key) => key.startsWith('shard/') && !shards.has(key);
  assert.equal(
    await ask(
      isolate(async () => 100),
      'a.test',
    ),
    201,
  );
});

test('shards that no recent publication used are deleted', async () => {
  const { publish, kv } = scene();
  for (let i = 0; i < 40; i++) await publish(virtualService(['a.test'], 200 + i));
  const shards = [...kv.values.keys()].filter((key) => key.startsWith('shard/'));
  assert.ok(shards.length <= 22, `${shards.length} are left`);
});

test('the deployed Worker answers from KV, and from what is built in before', async () => {
  const { publish, kv } = scene();
  const worker = deployed(compiled([virtualService(['a.test'], 210)]).snapshot);
  const background: Promise<unknown>[] = [];
  const context = { waitUntil: (work: Promise<unknown>) => background.push(work) } as unknown as ExecutionContext;
  const ask = async (host: string, env: Record<string, unknown>) => {
    const request = new Request(`http://${host}/`) as Parameters<typeof worker.fetch>[0];
    return (await worker.fetch(request, env, context)).status;
  };
  assert.equal(await ask('a.test', {}), 210);
  await publish(virtualService(['a.test'], 211), virtualService(['b.test'], 212));
  assert.equal(await ask('a.test', { SNAPSHOTS: kv }), 211);
  assert.equal(await ask('b.test', { SNAPSHOTS: kv }), 212);
  assert.equal(await ask('c.test', { SNAPSHOTS: kv }), 404);
  await Promise.all(background);
});
