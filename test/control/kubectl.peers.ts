/** An unmodified kubectl against `serve --control`: every verb, good and bad input, in one story from an empty API to an empty API. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { requireKubectl, type Served, startServed } from './served.ts';
import { STEPS, type Step } from './steps.ts';

let served: Served;

before(async () => {
  requireKubectl();
  served = await startServed();
});
after(() => served.stop());

for (const step of STEPS) test(titleOf(step), () => run(step));

function titleOf({ command, why }: Step): string {
  return `kubectl ${command.join(' ').slice(0, 100)}${why ? ` (${why})` : ''}`;
}

async function run(step: Step): Promise<void> {
  const input = step.input?.replaceAll('UPSTREAM', String(served.upstream));
  const ran = served.kubectl(step.command, input);
  const said = `exit ${ran.code}\n${ran.text}`;
  assert.equal(ran.code, step.code ?? 0, said);
  for (const pattern of [step.says ?? []].flat()) assert.match(ran.text, pattern, said);
  for (const pattern of [step.saysNot ?? []].flat()) assert.doesNotMatch(ran.text, pattern, said);
  for (const [host, path, status] of step.serves ?? []) await served.until(host, path, status);
}

test('kubectl get --watch sees what another kubectl does', async () => {
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
});

test('nothing secret is in the log', () => {
  const token = /token: (\S+)/.exec(readFileSync(served.kubeconfig, 'utf8'))?.[1] ?? '';
  assert.ok(token.length > 60);
  for (const canary of [token, 'canary-password', Buffer.from('canary-password').toString('base64')]) {
    assert.ok(!served.log().includes(canary), `the log holds ${canary.slice(0, 12)}…`);
  }
});
