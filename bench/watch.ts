/**
 * Watches for hours: every kind of client that keeps one open, beside slow random writes, one SIGKILL, and what is missing, twice,
 * out of order or growing. `node bench/watch.ts [minutes] [seed] [serve|dev]`; prints a JSON line a minute and one for every problem.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Connection, ControlClient, connectionFrom } from '../cli/control/client.ts';
import { type Served, startServed } from '../test/control/served.ts';
import { answering, GATEWAY_OBJECT } from '../test/support/resources.ts';
import { residentKiB } from './cpu.ts';
import { KubectlView } from './watches/kubectl-view.ts';
import { Ledger } from './watches/ledger.ts';
import { View } from './watches/view.ts';
import { all, ofTeams, references, viewsOf, virtualServices } from './watches/views.ts';
import { randomWrite, seeded, send } from './watches/writes.ts';

const ISTIO = '/apis/networking.istio.io/v1';
const WRITE_MS = 333;
const CHECK_MS = 10_000;
const MINUTE_MS = 60_000;
/** What the log holds at least, and what it never holds any more. */
const KEPT = 20_000;
const LOST = 20_200;

const [minutes = 120, seed = Date.now() % 1e6] = process.argv.slice(2, 4).map(Number);
const program = process.argv[4] === 'dev' ? (['npm', 'start', '--', '--no-services'] as const) : undefined;
const random = seeded(seed);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const between = (from: number, to: number) => () => Math.floor(from + random() * (to - from));
const served = await startServed([], program);
const connection: Connection = connectionFrom(served.kubeconfig);
const client = new ControlClient(connection);
const counts = { writes: 0, refused: 0, unanswered: 0 };
let isDown = false;

async function main(): Promise<void> {
  await client.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
  await client.call('POST', `${ISTIO}/namespaces/default/gateways`, GATEWAY_OBJECT);
  await client.call('POST', `${ISTIO}/namespaces/default/virtualservices`, answering('steady', 204));
  await served.until('steady.test', '/', 204);
  await wait(1000);
  const { ledger, views } = await begin();
  const kubectls = [
    new KubectlView(['virtualservices', '-A'], virtualServices, served.kubeconfig, ledger),
    new KubectlView(
      ['vs', '-A', '-l', 'team=a'],
      { ...virtualServices, selects: ofTeams('a') },
      served.kubeconfig,
      ledger,
    ),
    new KubectlView(
      ['configmaps', '-n', 'shop'],
      { ...all, resource: 'configmaps', namespace: 'shop' },
      served.kubeconfig,
      ledger,
    ),
  ];
  for (const kubectl of kubectls) kubectl.start();
  console.log(JSON.stringify({ minutes, seed, views: views.length, kubectls: kubectls.length }));
  await run(ledger, views, kubectls);
  for (const view of [...views, ...kubectls]) view.stop();
}

/** Nothing is written meanwhile, so that every watch begins at the same place. */
async function begin(): Promise<{ ledger: Ledger; views: View[] }> {
  const { metadata } = (await client.call('GET', '/api/v1/configmaps')) as { metadata: { resourceVersion: string } };
  const ledger = new Ledger(Number(metadata.resourceVersion));
  const options = [...references(ledger), ...viewsOf(between)];
  const views = options.map((one) => new View(one, connection, client, ledger));
  for (const view of views) {
    await view.start();
    if (!view.options.onEvent) continue;
    for (const key of view.objects.keys()) {
      const [namespace = '', name = ''] = key.split('/');
      ledger.known({ resource: view.options.resource, namespace, name, labels: {} });
    }
  }
  return { ledger, views };
}

async function run(ledger: Ledger, views: readonly View[], kubectls: readonly KubectlView[]): Promise<void> {
  const end = Date.now() + minutes * MINUTE_MS;
  const killAt = Date.now() + (minutes / 2) * MINUTE_MS;
  const latencies: number[] = [];
  const loops = [
    every(WRITE_MS, end, write),
    every(20_000, end, async () => void latencies.push(await applyToAnswer())),
    every(CHECK_MS, end + 2 * CHECK_MS, checkOf(ledger, views, kubectls)),
    every(MINUTE_MS, end, async () => {
      await history(ledger);
      report(ledger, views, kubectls, latencies.splice(0));
    }),
    killOnce(killAt),
  ];
  await Promise.all(loops);
}

/** Again and again until `end`, never twice at once, and not while the server is killed. */
async function every(ms: number, end: number, act: () => Promise<void>): Promise<void> {
  for (let due = Date.now() + ms; due < end; due = Math.max(due + ms, Date.now())) {
    await wait(Math.max(0, due - Date.now()));
    if (!isDown) await act();
  }
}

async function write(): Promise<void> {
  const status = await send(client, randomWrite(random));
  if (status === 0) counts.unanswered++;
  else if (status < 300) counts.writes++;
  else if (status === 404 || status === 409) counts.refused++;
  else console.log(JSON.stringify({ problem: `a write is answered ${status}` }));
}

let turn = 0;
async function applyToAnswer(): Promise<number> {
  const status = 210 + (turn++ % 50);
  const path = `${ISTIO}/namespaces/default/virtualservices/timed`;
  const began = performance.now();
  const answer = await send(client, { method: 'PATCH', path, body: answering('timed', status) });
  // Killed in that moment: nobody promised anything.
  if (answer === 0) return Number.NaN;
  if (answer > 201) throw new Error(`an apply is answered ${answer}`);
  await served.until('timed.test', '/', status, 30_000);
  counts.writes++;
  return Math.round(performance.now() - began);
}

/** What was known at the check before must have reached everybody by now. */
function checkOf(ledger: Ledger, views: readonly View[], kubectls: readonly KubectlView[]): () => Promise<void> {
  let due = ledger.head;
  let wasWaiting = false;
  return async () => {
    const known = ledger.head;
    for (const view of [...views, ...kubectls]) view.check(due);
    for (const view of views) if (!isDown) await view.compare().catch(() => undefined);
    if (wasWaiting && ledger.isWaiting && ledger.head === due) ledger.fail(`nobody was told of ${due + 1}`);
    wasWaiting = ledger.isWaiting;
    due = known;
  };
}

/** Within the log a watch may begin anywhere; before it, it gets 410. */
async function history(ledger: Ledger): Promise<void> {
  for (const [back, status] of [
    [KEPT - 500, 200],
    [LOST, 410],
  ] as const) {
    if (ledger.head < back) continue;
    const path = `${ISTIO}/virtualservices?watch=true&timeoutSeconds=1&resourceVersion=${ledger.head - back}`;
    const answer = await client.ask('GET', path).then(
      (answered) => answered.status,
      (error: Error) => error.message,
    );
    if (answer !== status) ledger.fail(`a watch from ${back} changes ago is answered ${answer}`);
  }
}

async function killOnce(at: number): Promise<void> {
  await wait(at - Date.now());
  isDown = true;
  await served.kill();
  await wait(3000);
  await served.restart();
  console.log(JSON.stringify({ at: new Date().toISOString(), restarted: true }));
  isDown = false;
}

function report(ledger: Ledger, views: readonly View[], kubectls: readonly KubectlView[], latencies: number[]): void {
  const sum = (of: (view: View) => number) => views.reduce((total, view) => total + of(view), 0);
  console.log(
    JSON.stringify({
      at: new Date().toISOString(),
      ...counts,
      head: ledger.head,
      events: sum(({ events }) => events) + kubectls.reduce((total, { events }) => total + events, 0),
      bookmarks: sum(({ bookmarks }) => bookmarks),
      opened: sum(({ opened }) => opened),
      idleOpened: views.filter(({ options }) => options.name.startsWith('idle')).map(({ opened }) => opened),
      expired: sum(({ expired }) => expired),
      kubectls: kubectls.map(({ opened, events }) => `${opened}×, ${events}`),
      problems: ledger.problems.length,
      applyToAnswerMs: latencies,
      processes: processes(served),
    }),
  );
}

/** Name, resident megabytes and open files of serve and each of its workerds. */
function processes({ pids }: Served): string[] {
  return pids().map((pid) => {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return `${name} ${Math.round(residentKiB(pid) / 1024)} MB ${readdirSync(`/proc/${pid}/fd`).length} fds`;
  });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void served.stop().then(() => process.exit(1)));
try {
  await main();
} finally {
  await served.stop();
}
