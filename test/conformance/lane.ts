/** One of several places where cases run side by side: a gateway of its own and upstreams on a loopback address of its own. */

import { parse } from 'yaml';
import { type Configuration, configurationOf } from '../../cli/configuration.ts';
import { Gateway } from '../../cli/serve/gateway.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { CapturedRequest, ConformanceCase } from './case.ts';
import { compareOne, compareSpread, type Observation } from './compare.ts';
import { Echo } from './echo.ts';
import { isStandInHeader, withRateLimitService } from './rate-limit-service.ts';
import { send } from './send.ts';

/** Mirrored requests may arrive after the answer. */
const SETTLE_MS = 15;

export class Lane {
  readonly #address: string;
  readonly #echo: Echo;
  readonly #gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 1 });
  #used: Promise<unknown> = Promise.resolve();

  /** Lane 0 has the cases' own addresses, which is where those belong whose hash rings are made of them. */
  constructor(number: number) {
    this.#address = number === 0 ? '127.0.0.1' : `127.0.7.${number}`;
    this.#echo = new Echo(this.#address);
  }

  start(): Promise<void> {
    return this.#echo.start();
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    this.#echo.stop();
  }

  /** Serves the case and gives each request's differences, in order. One case at a time. */
  run(captured: ConformanceCase): Promise<{ request: string; problems: string[] }[]> {
    const done = this.#used.then(() => this.#run(captured));
    this.#used = done.catch(() => undefined);
    return done;
  }

  async #run(given: ConformanceCase): Promise<{ request: string; problems: string[] }[]> {
    const captured = given.area === 'global-rate-limit' ? withRateLimitService(given) : given;
    const { snapshot, filters } = compileCase(captured);
    await this.#gateway.roll(moveEndpoints(snapshot, this.#address), filters);
    await this.#gateway.drained();
    const results = [];
    for (const request of captured.requests) {
      if (request.expect)
        results.push({ request: request.name, problems: await this.#compare(request, captured.area) });
    }
    return results;
  }

  async #compare(request: CapturedRequest, area: string): Promise<string[]> {
    const expected = request.expect!;
    this.#echo.take();
    if ((request.repeat ?? 1) > 1) return this.#spread(request, request.repeat!);
    const observation = await this.#observe(request);
    const { answer } = observation;
    if (answer && area === 'global-rate-limit') {
      answer.headers = answer.headers.filter(([name]) => !isStandInHeader(name, expected.status));
    }
    return compareOne(request, expected, observation);
  }

  async #observe(request: CapturedRequest): Promise<Observation> {
    const start = performance.now();
    const answer = await send(request, this.#port(request));
    const seconds = (performance.now() - start) / 1000;
    await new Promise((resolve) => setTimeout(resolve, request.settle_ms ?? SETTLE_MS));
    return { answer, seconds, seen: this.#echo.take() };
  }

  async #spread(request: CapturedRequest, repeat: number): Promise<string[]> {
    const statuses: string[] = [];
    for (let i = 0; i < repeat; i++) {
      const answer = await send(request, this.#port(request));
      statuses.push(answer ? String(answer.status) : 'closed');
    }
    const versions = this.#echo.take().map(({ service, version }) => `${service}/${version}`);
    const { statuses: wantedStatuses = {}, distribution = {} } = request.expect!;
    return [
      ...compareSpread('statuses', wantedStatuses, tally(statuses), repeat),
      ...compareSpread('distribution', distribution, tally(versions), repeat),
    ];
  }

  #port(request: CapturedRequest): number {
    return this.#gateway.localPorts().get(request.port ?? (request.scheme === 'https' ? 443 : 80)) ?? NOBODY;
  }
}

/** Every Gateway port listens where the system likes, so that lanes never collide. */
const ANY_PORT = { get: () => 0 } as unknown as ReadonlyMap<number, number>;
/** A port on which nothing listens, for a Gateway port that the case does not open. */
const NOBODY = 1;

function compileCase({ file, config, mesh }: ConformanceCase): Configuration {
  const settings = mesh ? parse(mesh, { version: '1.1' }) : {};
  return configurationOf([{ file, text: config }], settings, { namespace: 'default' });
}

/** The cases' upstreams are on 127.0.0.1; each lane has its own, so that it sees its own requests only. */
function moveEndpoints(snapshot: Snapshot, address: string): Snapshot {
  const clusters = Object.entries(snapshot.clusters).map(([name, cluster]) => {
    const endpoints = cluster.endpoints.map((one) => (one.address === '127.0.0.1' ? { ...one, address } : one));
    return [name, { ...cluster, endpoints }];
  });
  return { ...snapshot, clusters: Object.fromEntries(clusters) };
}

function tally(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
