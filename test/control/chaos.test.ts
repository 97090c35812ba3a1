/** What is acknowledged lasts: the process is killed in the middle of writes, and two writers meet. */
import assert from 'node:assert/strict';
import { request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';
import { type Connection, ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { answering, GATEWAY_OBJECT } from '../support/resources.ts';
import { type Served, startServed } from './served.ts';

const BASE = '/apis/networking.istio.io/v1/namespaces/default';
const WRITES = Number(process.env.BOWSPRIT_CHAOS_WRITES ?? 300);
const KILLS = 3;
const AT_ONCE = 4;

let served: Served;
before(async () => {
  served = await startServed();
});
after(() => served.stop());

/** What a watcher knows: the newest event of each object, and how far it has come. */
interface Watcher {
  known: Map<string, { deleted: boolean; resourceVersion: number }>;
  version: number;
  gaps: string[];
  stop(): void;
}

function watchFrom(connection: Connection, version: number): Watcher {
  const watcher: Watcher = { known: new Map(), version, gaps: [], stop: () => {} };
  let stopped = false;
  const connect = () => {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${watcher.version}`;
    const headers = { authorization: `Bearer ${connection.token}` };
    const options = { headers, ca: connection.ca ?? '', agent: false as const };
    const outgoing = httpsRequest(`${connection.server}${BASE}/virtualservices?${query}`, options, (answer) => {
      let rest = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        const lines = (rest + part).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line) take(watcher, line);
      });
      answer.on('close', again).on('error', () => {});
    });
    outgoing.on('error', again).end();
    watcher.stop = () => {
      stopped = true;
      outgoing.destroy();
    };
  };
  let waiting = false;
  const again = () => {
    if (stopped || waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (!stopped) connect();
    }, 50);
  };
  connect();
  return watcher;
}

function take(watcher: Watcher, line: string): void {
  const { type, object } = JSON.parse(line);
  if (type === 'ERROR') return void watcher.gaps.push(line);
  const resourceVersion = Number(object.metadata.resourceVersion);
  if (resourceVersion < watcher.version) watcher.gaps.push(`${line} after ${watcher.version}`);
  watcher.version = resourceVersion;
  if (type !== 'BOOKMARK') watcher.known.set(object.metadata.name, { deleted: type === 'DELETED', resourceVersion });
}

test('SIGKILL during random writes loses no acknowledged write, serves no half Snapshot, and watches resume without a gap', async () => {
  const connection = connectionFrom(served.kubeconfig);
  const client = new ControlClient(connection);
  await client.call('POST', `${BASE}/gateways`, GATEWAY_OBJECT);
  await client.call('POST', `${BASE}/virtualservices`, answering('steady', 204));
  await served.until('steady.test', '/', 204);
  const list = (await client.call('GET', `${BASE}/virtualservices`)) as { metadata: { resourceVersion: string } };
  const watcher = watchFrom(connection, Number(list.metadata.resourceVersion));
  /** Every state that an object may be in: the acknowledged one, and one whose answer never came. */
  const allowed = new Map<string, (number | undefined)[]>();
  const halves: number[] = [];
  let probing = true;
  const probe = (async () => {
    while (probing) {
      const { status } = await served.get('steady.test', '/');
      if (status !== 204 && status !== 0) halves.push(status);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const until = ((kill + 1) * WRITES) / KILLS;
    // No batch may step over it, else nothing is killed.
    const killAt = until - AT_ONCE - Math.floor(Math.random() * 20);
    let killed: Promise<void> | undefined;
    while (acknowledged < until && !killed) {
      const batch = Array.from({ length: AT_ONCE }, () => write(client, allowed));
      if (acknowledged >= killAt) killed = served.kill();
      acknowledged += (await Promise.all(batch)).filter(Boolean).length;
    }
    await (killed ?? served.kill());
    await served.restart();
  }
  probing = false;
  await probe;
  assert.deepEqual(halves, [], 'the steady route answered otherwise');
  await compare(client, allowed);
  await settled(client, watcher);
  watcher.stop();
  assert.deepEqual(watcher.gaps, []);
});

let turn = 0;
/** One random create, update or delete; true when it was acknowledged. Names are unique to a write under way. */
async function write(client: ControlClient, allowed: Map<string, (number | undefined)[]>): Promise<boolean> {
  const name = `vs${turn++ % 40}`;
  const before = allowed.get(name) ?? [undefined];
  const status = 200 + Math.floor(Math.random() * 300);
  const remove = Math.random() < 0.2;
  const path = `${BASE}/virtualservices/${name}`;
  allowed.set(name, [...before, remove ? undefined : status]);
  try {
    const answer = remove
      ? await client.ask('DELETE', path)
      : await client.ask(
          'PATCH',
          `${path}?fieldManager=chaos&force=true`,
          answering(name, status),
          'application/apply-patch+yaml',
        );
    if (answer.status < 300) allowed.set(name, [remove ? undefined : status]);
    else if (answer.status === 404) allowed.set(name, before);
    return answer.status < 300;
  } catch {
    return false;
  }
}

async function compare(client: ControlClient, allowed: ReadonlyMap<string, (number | undefined)[]>): Promise<void> {
  for (const [name, states] of allowed) {
    const { status, body } = await client.ask('GET', `${BASE}/virtualservices/${name}`);
    const { spec } = body as { spec?: { http: { directResponse: { status: number } }[] } };
    const found = status === 404 ? undefined : spec?.http[0]?.directResponse.status;
    assert.ok(states.includes(found), `${name} is ${found}; acknowledged or under way were ${states}`);
    await served.until(`${name}.test`, '/', found ?? 404);
  }
}

/** The watcher has come to the same as a list. */
async function settled(client: ControlClient, watcher: Watcher): Promise<void> {
  type List = { items: { metadata: { name: string; resourceVersion: string } }[] };
  for (let attempt = 0; ; attempt++) {
    const { items } = (await client.call('GET', `${BASE}/virtualservices`)) as unknown as List;
    const listed = new Map(items.map(({ metadata }) => [metadata.name, Number(metadata.resourceVersion)]));
    const watched = [...watcher.known].filter(([, { deleted }]) => !deleted);
    const differs = watched.filter(([name, { resourceVersion }]) => listed.get(name) !== resourceVersion);
    const missing = [...listed.keys()].filter(
      (name) => name !== 'steady' && !watched.some(([known]) => known === name),
    );
    if (differs.length === 0 && missing.length === 0) return;
    assert.ok(attempt < 100, `the watcher misses ${missing}, and differs in ${differs.map(([name]) => name)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('of two writers with the same resourceVersion one wins and the other gets 409', async () => {
  const client = new ControlClient(connectionFrom(served.kubeconfig));
  const path = `${BASE}/virtualservices/raced`;
  await client.call('POST', `${BASE}/virtualservices`, answering('raced', 200));
  for (let round = 0; round < 10; round++) {
    const live = (await client.call('GET', path)) as { metadata: Record<string, unknown> };
    const put = (status: number) => client.ask('PUT', path, { ...answering('raced', status), metadata: live.metadata });
    const statuses = (await Promise.all([put(300 + round), put(400 + round)])).map(({ status }) => status).sort();
    // The publisher's own write of the status may come first; then both are told so.
    assert.ok(statuses.join() === '200,409' || statuses.join() === '409,409', statuses.join());
    if (statuses[0] === 409) round--;
  }
});

test('a watch from a resourceVersion that the log does not hold is answered with 410, not cut off', async () => {
  const client = new ControlClient(connectionFrom(served.kubeconfig));
  const { status, body } = await client.ask('GET', `${BASE}/virtualservices?watch=true&resourceVersion=999999999`);
  assert.deepEqual([status, body.reason], [410, 'Expired']);
});
