/** One of several places where cases run side by side: a gateway of its own and upstreams on a loopback address of its own. */
import type { CapturedRequest, ConformanceCase } from './case.ts';
import { CaseGateway, compileCase } from './case-gateway.ts';
import { compareOne, compareSpread } from './compare.ts';
import { Echo } from './echo.ts';
import { observe, observeSpread } from './observe.ts';
import { isStandInHeader, withRateLimitService } from './rate-limit-service.ts';

export class Lane {
  readonly #echo: Echo;
  readonly #gateway: CaseGateway;
  #used: Promise<unknown> = Promise.resolve();

  /** Lane 0 has the cases' own addresses, which is where those belong whose hash rings are made of them. */
  constructor(number: number) {
    const address = number === 0 ? '127.0.0.1' : `127.0.7.${number}`;
    this.#echo = new Echo(address);
    this.#gateway = new CaseGateway(address);
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
    await this.#gateway.serve(compileCase(captured));
    const results = [];
    for (const request of captured.requests) {
      if (request.expect)
        results.push({ request: request.name, problems: await this.#compare(request, captured.area) });
    }
    return results;
  }

  async #compare(request: CapturedRequest, area: string): Promise<string[]> {
    const expected = request.expect!;
    const port = this.#gateway.port(request);
    const { repeat = 1 } = request;
    if (repeat > 1) return compareSpread(expected, await observeSpread(request, port, this.#echo), repeat);
    const observation = await observe(request, port, this.#echo);
    const { answer } = observation;
    if (answer && area === 'global-rate-limit') {
      answer.headers = answer.headers.filter(([name]) => !isStandInHeader(name, expected.status));
    }
    return compareOne(request, expected, observation);
  }
}
