/**
 * Cases of kind `envoy`: what Envoy with envoyproxy/ratelimit answered, asked of `bowsprit serve`. Resets depend on the
 * clock, so they are worked out for the moment of the request; counters are compared without their window.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answered } from '../support/ask.ts';
import { type Case, type CaseStep, casesOf, type Expected } from './cases.ts';
import { configOf, meshOf } from './envoy-case.ts';
import { startGateway, type TestGateway } from './gateway.ts';

const WINDOWS = [1, 60, 3600, 86400, 604800, 2592000, 31536000];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A case that hangs on milliseconds has the machine to itself, and two more tries on a busy one. */
const isTimed = ({ steps = [] }: Case): boolean =>
  steps.some((step) => step.redis_pause_ms !== undefined || step.sleep_ms !== undefined || step.stop_ratelimit);
const cases = casesOf('envoy');

/** Every case has processes of its own; a few at a time, because starting them is mostly waiting. */
describe('as Envoy with the rate-limit service', { concurrency: 3 }, () => {
  for (const { file, content } of cases.filter(({ content }) => !isTimed(content))) {
    it(`${file}: ${content.about}`, { timeout: 90_000 }, () => holds(content));
  }
});

describe('by the clock, or while the counters are slow', () => {
  for (const { file, content } of cases.filter(({ content }) => isTimed(content))) {
    it(`${file}: ${content.about}`, { timeout: 90_000 }, () =>
      holds(content)
        .catch(() => holds(content))
        .catch(() => holds(content)),
    );
  }
});

async function holds(content: Case): Promise<void> {
  const files = (port: number) => ({ config: configOf(content, port), mesh: meshOf(content.envoy ?? {}) });
  const gateway = await startGateway(files);
  try {
    await awayFromWindowEnd(content);
    await playAll(gateway, content);
  } finally {
    await gateway.stop();
  }
}

async function playAll(gateway: TestGateway, { expect, steps = [], final_counters: counters }: Case): Promise<void> {
  if (expect?.envoy_rejects_config) rejected(gateway, expect.error ?? '');
  for (const [index, step] of steps.entries()) await play(gateway, step, `step ${index + 1}`);
  const stopped = steps.some(({ stop_ratelimit: stop }) => stop);
  if (counters && !stopped) await compareCounters(gateway, counters);
}

/** A case must not be cut in two by the end of a minute or an hour; a few seconds are enough for its requests. */
async function awayFromWindowEnd({ ratelimit, steps = [] }: Case): Promise<void> {
  const text = JSON.stringify([ratelimit?.files, steps]);
  const length = /minute|w=60\b/i.test(text) ? 60 : /hour/i.test(text) ? 3600 : 86400;
  const needed =
    5 + steps.reduce((sum, { sleep_ms: ms = 0, redis_pause_ms: paused = 0 }) => sum + ms + paused, 0) / 1000;
  const left = length - (Math.floor(Date.now() / 1000) % length);
  if (left < needed) await pause(left * 1000 + 200);
}

/** Envoy says where it refused; the reason is the text after the last colon of its chain. */
function rejected(gateway: TestGateway, error: string): void {
  const printed = gateway.output();
  assert.match(printed, /\[BSP0302\]/);
  const reason =
    error
      .split('caused by ')
      .at(-1)
      ?.replace(/^.*\((?=RateLimitValidation)/, '')
      .replace(/\)+$/, '') ?? '';
  assert.ok(printed.includes(reason), `${reason}\nis not in\n${printed}`);
}

async function play(gateway: TestGateway, step: CaseStep, where: string): Promise<void> {
  if (step.sleep_ms) await pause(step.sleep_ms);
  if (step.stop_ratelimit) killState(gateway);
  if (step.redis_pause_ms) pauseState(gateway, step.redis_pause_ms);
  if (!step.request || !step.expect) return;
  compare(await gateway.send(step.request), step.expect, step.at ?? 0, where);
}

/** The process that counts is stopped rather than ended, so that nobody starts another: a store that does not answer. */
function killState(gateway: TestGateway): void {
  for (const pid of gateway.statePids()) process.kill(pid, 'SIGSTOP');
}

function pauseState(gateway: TestGateway, ms: number): void {
  const pids = gateway.statePids();
  assert.equal(pids.length, 1, 'one state process');
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  setTimeout(() => pids.forEach((pid) => void process.kill(pid, 'SIGCONT')), ms);
}

const COMPARED = /^(x-ratelimit-|x-envoy-ratelimited$|x-added$|retry-after$|grpc-status$|grpc-message$)/;

function compare(answer: Answered, expected: Expected, at: number, where: string): void {
  assert.equal(answer.status, expected.status, `${where}: ${answer.body}`);
  assert.equal(answer.body, expected.body, where);
  const wanted = new Map(Object.entries(expected.headers ?? {}));
  const names = new Set([...wanted.keys(), ...Object.keys(answer.headers)].filter((name) => COMPARED.test(name)));
  for (const name of names) {
    const [got, want] = [answer.headers[name], wanted.get(name)];
    if (name === 'x-ratelimit-reset' && got !== undefined && want !== undefined)
      compareReset(Number(got), Number(want), at, where);
    else assert.equal(got, want, `${where}: ${name}`);
  }
}

/** The end of a window by the clock, or the seconds to the next token of a local bucket. */
function compareReset(got: number, want: number, at: number, where: string): void {
  const now = Math.floor(Date.now() / 1000);
  const length = WINDOWS.find((seconds) => seconds - (at % seconds) === want);
  const due = length === undefined ? want : length - (now % length);
  assert.ok(Math.abs(got - due) <= 3, `${where}: x-ratelimit-reset ${got}, not ${due}`);
}

/** Names of clusters are Istio's here. */
async function compareCounters(gateway: TestGateway, expected: Record<string, number>): Promise<void> {
  const bare = (counters: Record<string, number>) =>
    Object.entries(counters)
      .map(([key, count]) => `${key.replace(/\d+$/, '')} ${count}`)
      .map((line) =>
        line
          .replace('_edge-gw_', '_istio-ingressgateway.istio-system_')
          .replace('_backend_', '_outbound|80||backend.example.com_'),
      )
      .sort();
  assert.deepEqual(bare(await gateway.counters()), bare(expected));
}
