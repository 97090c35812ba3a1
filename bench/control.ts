/**
 * The control API under load: from an apply to the first answer of the new route, at several sizes; the gateway's slowest answer
 * meanwhile; and 100,000 objects listed and watched. `node bench/control.ts [sizes…]`; prints one JSON line a size.
 */
import { readFileSync } from 'node:fs';
import { ControlClient, connectionFrom } from '../cli/control/client.ts';
import { type Served, startServed } from '../test/control/served.ts';
import { answering, GATEWAY_OBJECT } from '../test/support/resources.ts';

const SAMPLES = 40;
const BASE = '/apis/networking.istio.io/v1/namespaces/default';

const quantile = (sorted: readonly number[], q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0) * 10) / 10;

/** Many calls at once, as a CI that applies a large folder would make them. */
async function fill(client: ControlClient, from: number, to: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < to; i = next++) {
      const path = `${BASE}/virtualservices`;
      for (;;) {
        const { status } = await client.ask('POST', path, answering(`vs${i}`, 200));
        if (status === 201) break;
        if (status !== 429) throw new Error(`${path} answered ${status}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function measure(served: Served, client: ControlClient, size: number): Promise<void> {
  await served.until(`vs${size - 1}.test`, '/', 200, 120_000);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const times: number[] = [];
  const answers: number[] = [];
  let measuring = true;
  const probing = (async () => {
    while (measuring) {
      const began = performance.now();
      await served.get('vs0.test', '/');
      answers.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  for (let i = 0; i < SAMPLES; i++) {
    const name = `vs${Math.floor(Math.random() * (size - 1)) + 1}`;
    const status = 300 + ((i * 7) % 200);
    const body = answering(name, status);
    const began = performance.now();
    const path = `${BASE}/virtualservices/${name}?fieldManager=bench&force=true`;
    await client.call('PATCH', path, body, 'application/apply-patch+yaml');
    await served.until(`${name}.test`, '/', status, 30_000);
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  measuring = false;
  await probing;
  times.sort((a, b) => a - b);
  answers.sort((a, b) => a - b);
  const kubectl = kubectlTimes(served, size);
  console.log(
    JSON.stringify({
      virtualServices: size,
      applyToAnswerMs: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: quantile(times, 1) },
      kubectlApplyToAnswerMs: await kubectl,
      gatewayMeanwhileMs: { p50: quantile(answers, 0.5), p99: quantile(answers, 0.99), max: quantile(answers, 1) },
      list: await listTimes(client),
      memoryMb: memory(served),
    }),
  );
}

/** All objects at once, in pages as kubectl takes them, and the first page alone. */
async function listTimes(client: ControlClient): Promise<Record<string, number>> {
  const path = `${BASE}/virtualservices`;
  const began = performance.now();
  const { items } = (await client.call('GET', path)) as { items: unknown[] };
  const whole = performance.now() - began;
  let pages = 0;
  let first = 0;
  for (let next = ''; pages === 0 || next !== ''; pages++) {
    const { metadata } = (await client.call('GET', `${path}?limit=500&continue=${encodeURIComponent(next)}`)) as {
      metadata: { continue?: string };
    };
    if (pages === 0) first = performance.now() - began - whole;
    next = metadata.continue ?? '';
  }
  const paged = performance.now() - began - whole;
  return {
    objects: items.length,
    wholeMs: Math.round(whole),
    pagedMs: Math.round(paged),
    firstPageMs: Math.round(first),
  };
}

async function kubectlTimes(served: Served, size: number): Promise<{ p50: number; max: number }> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const status = 210 + i;
    const name = `vs${size - 2}`;
    const began = performance.now();
    served.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(answering(name, status)));
    await served.until(`${name}.test`, '/', status, 30_000);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { p50: quantile(times, 0.5), max: quantile(times, 1) };
}

/** Resident megabytes of each workerd below serve. */
function memory(served: Served): number[] {
  return served.children().map((pid) => {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return Math.round(Number(kilobytes) / 1024);
  });
}

const sizes = process.argv.slice(2).map(Number);
const served = await startServed();
try {
  const client = new ControlClient(connectionFrom(served.kubeconfig));
  await client.call('POST', `${BASE}/gateways`, GATEWAY_OBJECT);
  let filled = 0;
  for (const size of sizes.length > 0 ? sizes : [10, 1000, 10_000]) {
    const began = performance.now();
    await fill(client, filled, size);
    console.log(JSON.stringify({ filledTo: size, seconds: Math.round((performance.now() - began) / 100) / 10 }));
    filled = size;
    await measure(served, client, size);
  }
} finally {
  await served.stop();
}
