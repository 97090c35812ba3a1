/** A route's folded chain: the steps of every phase that has something to do there, and the walk through them. */
import type { Exchange, Verdict } from './exchange.ts';
import type { Phase, RouteScope, Step } from './phases.ts';

/** A step with its place: phase number and number within the phase, so that a reroute goes on behind the same place. */
interface PlacedStep {
  phase: number;
  ordinal: number;
  step: Step;
}

export type Chain = readonly PlacedStep[];

export function foldChain(phases: readonly Phase[], scope: Omit<RouteScope, 'filters'>): Chain {
  return phases.flatMap((phase, number) => {
    const filters = scope.listener.httpFilters.filter((filter) => filter.phase === phase.name);
    return phase.fold({ ...scope, filters }).map((step, ordinal) => ({ phase: number, ordinal, step }));
  });
}

/** What the walk asks of its surroundings. */
export interface Walker {
  /** Chooses virtual host and route again and gives the new chain. */
  reroute(): Chain;
  /** Makes a phase's own answer the answer. */
  reply(verdict: Exclude<Verdict, undefined | 'reroute'>): void;
}

/**
 * Runs the requests' half of a chain until somebody answers, then the responses' half of the steps that were entered,
 * backwards. The last step (the router) always answers.
 */
export async function walk(exchange: Exchange, chain: Chain, walker: Walker): Promise<void> {
  const entered: Step[] = [];
  let steps = chain;
  for (let index = 0; index < steps.length; index++) {
    const placed = steps[index]!;
    if (placed.step.response) entered.push(placed.step);
    const answer = placed.step.request?.(exchange);
    const verdict = answer instanceof Promise ? await answer : answer;
    if (verdict === undefined) continue;
    if (verdict !== 'reroute') {
      walker.reply(verdict);
      break;
    }
    const rerouted = walker.reroute();
    if (rerouted === steps) continue;
    steps = rerouted;
    index = steps.findIndex((next) => isBehind(next, placed)) - 1;
    if (index < -1) break;
  }
  for (let index = entered.length - 1; index >= 0; index--) {
    const answer = entered[index]!.response?.(exchange);
    const reply = answer instanceof Promise ? await answer : answer;
    if (!reply) continue;
    walker.reply(reply);
    break;
  }
}

function isBehind(next: PlacedStep, place: PlacedStep): boolean {
  return next.phase > place.phase || (next.phase === place.phase && next.ordinal > place.ordinal);
}
