/** One request of a case at a gateway: what its client and the upstreams saw. */
import type { CapturedRequest } from './case.ts';
import type { Observation, Spread } from './compare.ts';
import type { Echo } from './echo.ts';
import { send } from './send.ts';

/** Mirrored requests may arrive after the answer. */
const SETTLE_MS = 15;

/** @param port the local port of the Gateway's port that the request is for */
export async function observe(request: CapturedRequest, port: number, echo: Echo): Promise<Observation> {
  echo.take();
  const start = performance.now();
  const answer = await send(request, port);
  const seconds = (performance.now() - start) / 1000;
  await new Promise((resolve) => setTimeout(resolve, request.settle_ms ?? SETTLE_MS));
  return { answer, seconds, seen: echo.take() };
}

/** The same for a request that is sent `repeat` times. */
export async function observeSpread(request: CapturedRequest, port: number, echo: Echo): Promise<Spread> {
  echo.take();
  const statuses: string[] = [];
  for (let i = 0; i < (request.repeat ?? 1); i++) {
    const answer = await send(request, port);
    statuses.push(answer ? String(answer.status) : 'closed');
  }
  const versions = echo.take().map(({ service, version }) => `${service}/${version}`);
  return { statuses: tally(statuses), distribution: tally(versions) };
}

function tally(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
