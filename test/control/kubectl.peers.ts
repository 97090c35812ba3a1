/** An unmodified kubectl against `serve --control`: every verb, good and bad input, in one story from an empty API to an empty API. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { requireKubectl, type Served, type Start, startServed } from './served.ts';
import { STEPS, type Step } from './steps.ts';

/** Something that is no gateway's business, so that the story begins with nothing served. */
const FLOOR = join(import.meta.dirname, 'testdata/floor.yaml');

const STARTS: Record<string, Start> = {
  'bowsprit serve': ['node', 'cli/bowsprit.mjs', 'serve'],
  'npm start': ['npm', 'start', '--', '--no-services'],
};

for (const [name, start] of Object.entries(STARTS)) {
  describe(name, () => {
    let served: Served;
    before(async () => {
      requireKubectl();
      served = await startServed([FLOOR], start);
    });
    after(() => served.stop());

    for (const step of STEPS) test(titleOf(step), () => run(step, served));
    test('kubectl get --watch sees what another kubectl does', () => watches(served));
    test('nothing secret is in the log', () => isQuiet(served));
  });
}

function titleOf({ command, why }: Step): string {
  return `kubectl ${command.join(' ').slice(0, 100)}${why ? ` (${why})` : ''}`;
}

async function run(step: Step, served: Served): Promise<void> {
  const input = step.input?.replaceAll('UPSTREAM', String(served.upstream));
  const ran = served.kubectl(step.command, input);
  const said = `exit ${ran.code}\n${ran.text}`;
  assert.equal(ran.code, step.code ?? 0, said);
  for (const pattern of [step.says ?? []].flat()) assert.match(ran.text, pattern, said);
  for (const pattern of [step.saysNot ?? []].flat()) assert.doesNotMatch(ran.text, pattern, said);
  for (const [host, path, status] of step.serves ?? []) await served.until(host, path, status);
}

async function watches(served: Served): Promise<void> {
  const watching = served.spawnKubectl(['get', 'configmap', '--watch', '-o', 'name']);
  try {
    await new Promise((resolve) => setTimeout(resolve, 700));
    served.kubectl(['create', 'configmap', 'watched', '--from-literal=a=1']);
    served.kubectl(['delete', 'configmap', 'watched']);
    for (let i = 0; i < 60 && (watching.text().match(/configmap\/watched/g)?.length ?? 0) < 2; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(watching.text().match(/configmap\/watched/g)?.length, 2, watching.text());
  } finally {
    watching.stop();
  }
}

/** Logs, metrics, audit, findings, the history and what is on disk. */
async function isQuiet(served: Served): Promise<void> {
  const token = /token: (\S+)/.exec(readFileSync(served.kubeconfig, 'utf8'))?.[1] ?? '';
  assert.ok(token.length > 60);
  const metrics = await fetch(`http://127.0.0.1:${served.admin}/stats/prometheus`);
  const own = ['audit', 'findings', 'publications', 'tokens', 'snapshots/live'].map(
    (name) => served.kubectl(['get', '--raw', `/bowsprit/v1/${name}`]).text,
  );
  const disk = filesBelow(served.data).map((file) => readFileSync(file, 'latin1'));
  const places = { log: [served.log()], metrics: [await metrics.text()], api: own, disk };
  for (const canary of [token, 'canary-password', Buffer.from('canary-password').toString('base64')]) {
    for (const [place, texts] of Object.entries(places)) {
      assert.ok(!texts.some((text) => text.includes(canary)), `${place} holds ${canary.slice(0, 12)}…`);
    }
  }
}

function filesBelow(folder: string): string[] {
  const inside = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  return inside.filter((path) => statSync(path).isFile());
}
