/** From an apply to the first answer of the new route, at any control plane, and the gateway's slowest answer meanwhile. */
import { answering } from '../test/support/resources.ts';
import { residentKiB } from './cpu.ts';

/** A control plane with its gateway, which answers for `vs0.test` … */
export interface Applied {
  apply(virtualService: ReturnType<typeof answering>): Promise<void>;
  get(host: string): Promise<{ status: number }>;
  until(host: string, status: number, withinMs: number): Promise<number>;
}

/** Milliseconds. */
export interface Quantiles {
  p50: number;
  p99: number;
  max: number;
}

export interface Applies {
  applyToAnswerMs: Quantiles;
  gatewayMeanwhileMs: Quantiles;
}

const SAMPLES = 40;
const SETTLE_MS = 3000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param size how many VirtualServices there are */
export async function measureApplies(target: Applied, size: number): Promise<Applies> {
  await target.until(`vs${size - 1}.test`, 200, 120_000);
  await sleep(SETTLE_MS);
  const times: number[] = [];
  const answers: number[] = [];
  let measuring = true;
  const probing = (async () => {
    while (measuring) {
      const began = performance.now();
      await target.get('vs0.test');
      answers.push(performance.now() - began);
      await sleep(2);
    }
  })();
  for (let i = 0; i < SAMPLES; i++) {
    const name = `vs${Math.floor(Math.random() * (size - 1)) + 1}`;
    const status = 300 + ((i * 7) % 200);
    const began = performance.now();
    await target.apply(answering(name, status));
    await target.until(`${name}.test`, status, 30_000);
    times.push(performance.now() - began);
    await sleep(50);
  }
  measuring = false;
  await probing;
  return { applyToAnswerMs: quantiles(times), gatewayMeanwhileMs: quantiles(answers) };
}

export function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Resident megabytes. */
export const memoryOf = (pid: number): number => Math.round(residentKiB(pid) / 1024);
