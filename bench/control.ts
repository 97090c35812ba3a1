/**
 * The control API under load: from an apply to the first answer of the new route, at several sizes; the gateway's slowest answer
 * meanwhile; and all objects listed. `node bench/control.ts [--istio] [sizes…]`, smallest first; prints one JSON line a size. With
 * --istio the same for Istio's own control plane and a real Envoy after it, and a table of both.
 */
import { parseArgs } from 'node:util';
import { ControlClient, connectionFrom } from '../cli/control/client.ts';
import { type Served, startServed } from '../test/control/served.ts';
import { answering, GATEWAY_OBJECT } from '../test/support/resources.ts';
import { type Applied, type Applies, measureApplies, memoryOf, type Quantiles, quantiles } from './control-applies.ts';
import { type IstioApplies, IstioControl } from './control-istio.ts';
import { table } from './table.ts';

const BASE = '/apis/networking.istio.io/v1/namespaces/default';

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

async function measure(served: Served, client: ControlClient, size: number): Promise<Applies> {
  const applies = await measureApplies(applied(served, client), size);
  console.log(
    JSON.stringify({
      virtualServices: size,
      ...applies,
      kubectlApplyToAnswerMs: await kubectlTimes(served, size),
      list: await listTimes(client),
      memoryMb: served.children().map(memoryOf),
    }),
  );
  return applies;
}

function applied(served: Served, client: ControlClient): Applied {
  return {
    async apply(body) {
      const path = `${BASE}/virtualservices/${body.metadata.name}?fieldManager=bench&force=true`;
      await client.call('PATCH', path, body, 'application/apply-patch+yaml');
    },
    get: (host) => served.get(host, '/'),
    until: (host, status, withinMs) => served.until(host, '/', status, withinMs),
  };
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

async function kubectlTimes(served: Served, size: number): Promise<Quantiles> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const status = 210 + i;
    const name = `vs${size - 2}`;
    const began = performance.now();
    served.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(answering(name, status)));
    await served.until(`${name}.test`, '/', status, 30_000);
    times.push(performance.now() - began);
  }
  return quantiles(times);
}

async function measureOurs(sizes: readonly number[]): Promise<Applies[]> {
  const served = await startServed();
  try {
    const client = new ControlClient(connectionFrom(served.kubeconfig));
    await client.call('POST', `${BASE}/gateways`, GATEWAY_OBJECT);
    const results: Applies[] = [];
    for (const [index, size] of sizes.entries()) {
      const began = performance.now();
      await fill(client, sizes[index - 1] ?? 0, size);
      console.log(JSON.stringify({ filledTo: size, seconds: Math.round((performance.now() - began) / 100) / 10 }));
      results.push(await measure(served, client, size));
    }
    return results;
  } finally {
    await served.stop();
  }
}

async function measureIstio(sizes: readonly number[]): Promise<IstioApplies[]> {
  const istio = await IstioControl.start();
  try {
    const results: IstioApplies[] = [];
    for (const size of sizes) {
      const applies = await istio.measure(size);
      console.log(JSON.stringify({ istio: size, ...applies }));
      results.push(applies);
    }
    return results;
  } finally {
    await istio.stop();
  }
}

function tableOf(sizes: readonly number[], ours: readonly Applies[], istio: readonly IstioApplies[]): string {
  const rows = sizes.map((size, index) => {
    const [own, { applyToAnswerMs: theirs, translationMs }] = [ours[index]!.applyToAnswerMs, istio[index]!];
    const { debounce, context, routes } = translationMs;
    const times = [own.p50, own.p99, theirs.p50, theirs.p99, debounce, context, routes].map((time) => `${time} ms`);
    return [size.toLocaleString('en'), ...times];
  });
  return table(
    ['VirtualServices', 'Bowsprit p50', 'p99', 'Istio p50', 'p99', 'debounce', 'push context', 'routes'],
    rows,
  );
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { istio: { type: 'boolean' } } });
const sizes = positionals.length > 0 ? positionals.map(Number) : [10, 1000, 10_000];
const ours = await measureOurs(sizes);
if (values.istio) console.log(tableOf(sizes, ours, await measureIstio(sizes)));
