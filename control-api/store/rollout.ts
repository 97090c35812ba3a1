/**
 * A staged rollout: a new Snapshot first gets a percentage of the requests, step by step, and none any more when it answers
 * with errors more often than the one before. A pure state machine: counts and times come in, decisions go out.
 */
import type { ServedCount } from '../../gateway/served-count.ts';
import type { RolloutSpec } from '../resources/types.gen.ts';

/** Percentage points of errors above the stable Snapshot's, unless the object tells. */
const MAX_ERROR_RATE = 1;
/** Fewer answers of the candidate than these decide nothing. */
const MIN_REQUESTS = 20;

export type Decision =
  | { kind: 'wait' }
  /** Give the candidate so many percent of the requests. */
  | { kind: 'step'; percent: number }
  | { kind: 'finish' }
  | { kind: 'abort'; why: string };

/** Everything of a rollout, as JSON. */
export interface RolloutState {
  spec: RolloutSpec;
  /** Snapshot ids. */
  candidate: string;
  stable: string;
  authors: readonly string[];
  step: number;
  /** When the step began, in ms. */
  since: number;
  /** The first counts that were seen. */
  first?: readonly ServedCount[];
  /** What was added up here. */
  added: readonly ServedCount[];
}

export class Rollout {
  private readonly state: RolloutState;

  constructor(state: RolloutState) {
    this.state = state;
  }

  static begin(spec: RolloutSpec, candidate: string, stable: string, authors: readonly string[], now: number): Rollout {
    return new Rollout({ spec, candidate, stable, authors, step: 0, since: now, added: [] });
  }

  toJSON(): RolloutState {
    return this.state;
  }

  get candidate(): string {
    return this.state.candidate;
  }

  get authors(): readonly string[] {
    return this.state.authors;
  }

  get percent(): number {
    return this.state.spec.steps[this.state.step]?.percent ?? 100;
  }

  /** Counts of those who tell only what is new. */
  add(counts: readonly ServedCount[]): void {
    const sums = new Map(this.state.added.map((sum) => [sum.id, sum]));
    for (const { id, requests, errors } of counts) {
      const sum = sums.get(id) ?? NONE;
      sums.set(id, { id, requests: sum.requests + requests, errors: sum.errors + errors });
    }
    this.state.added = [...sums.values()];
  }

  /**
   * `counts` only grow; what the stable one had answered before the first call does not count. Without them what was added
   * decides.
   */
  decide(counts: readonly ServedCount[] | undefined, now: number): Decision {
    const { spec, added } = this.state;
    const seen = counts ?? added;
    if (counts) this.state.first ??= counts;
    const candidate = countOf(seen, this.state.candidate);
    const stable = this.sinceStart(seen, this.state.stable);
    const worse = rate(candidate) - rate(stable);
    if (candidate.requests >= (spec.minRequests ?? MIN_REQUESTS) && worse > (spec.maxErrorRate ?? MAX_ERROR_RATE)) {
      return { kind: 'abort', why: `${shown(candidate)} answers were errors, against ${shown(stable)} before` };
    }
    if (now - this.state.since < (spec.steps[this.state.step]?.seconds ?? 0) * 1000) return { kind: 'wait' };
    this.state.step++;
    this.state.since = now;
    return this.state.step < spec.steps.length ? { kind: 'step', percent: this.percent } : { kind: 'finish' };
  }

  private sinceStart(counts: readonly ServedCount[], id: string): ServedCount {
    const now = countOf(counts, id);
    const before = countOf(this.state.first ?? [], id);
    // A process that was started anew has counted anew.
    if (before.requests > now.requests) return now;
    return { id, requests: now.requests - before.requests, errors: now.errors - before.errors };
  }
}

const NONE: ServedCount = { id: '', requests: 0, errors: 0 };

const countOf = (counts: readonly ServedCount[], id: string): ServedCount =>
  counts.find((count) => count.id === id) ?? NONE;
const rate = ({ requests, errors }: ServedCount): number => (requests === 0 ? 0 : (errors / requests) * 100);
const shown = ({ requests, errors }: ServedCount): string => `${errors} of ${requests}`;
