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

export class Rollout {
  /** Snapshot ids. */
  readonly candidate: string;
  readonly stable: string;
  readonly authors: readonly string[];
  private readonly spec: RolloutSpec;
  private step = 0;
  private since: number;
  private first: ReadonlyMap<string, ServedCount> | undefined;

  constructor(spec: RolloutSpec, candidate: string, stable: string, authors: readonly string[], now: number) {
    this.spec = spec;
    this.candidate = candidate;
    this.stable = stable;
    this.authors = authors;
    this.since = now;
  }

  get percent(): number {
    return this.spec.steps[this.step]?.percent ?? 100;
  }

  /** `counts` only grow; what the stable one had answered before the first call does not count. */
  decide(counts: readonly ServedCount[], now: number): Decision {
    this.first ??= new Map(counts.map((count) => [count.id, count]));
    const candidate = counts.find(({ id }) => id === this.candidate) ?? NONE;
    const stable = this.sinceStart(counts, this.stable);
    const worse = rate(candidate) - rate(stable);
    if (
      candidate.requests >= (this.spec.minRequests ?? MIN_REQUESTS) &&
      worse > (this.spec.maxErrorRate ?? MAX_ERROR_RATE)
    ) {
      return { kind: 'abort', why: `${shown(candidate)} answers were errors, against ${shown(stable)} before` };
    }
    if (now - this.since < (this.spec.steps[this.step]?.seconds ?? 0) * 1000) return { kind: 'wait' };
    this.step++;
    this.since = now;
    return this.step < this.spec.steps.length ? { kind: 'step', percent: this.percent } : { kind: 'finish' };
  }

  private sinceStart(counts: readonly ServedCount[], id: string): ServedCount {
    const now = counts.find((count) => count.id === id) ?? NONE;
    const before = this.first?.get(id);
    // A process that was started anew has counted anew.
    if (!before || before.requests > now.requests) return now;
    return { id, requests: now.requests - before.requests, errors: now.errors - before.errors };
  }
}

const NONE: ServedCount = { id: '', requests: 0, errors: 0 };

const rate = ({ requests, errors }: ServedCount): number => (requests === 0 ? 0 : (errors / requests) * 100);
const shown = ({ requests, errors }: ServedCount): string => `${errors} of ${requests}`;
