/** When to compile: soon after a write, and in a bulk not after each few of thousands. */

/** Long enough to gather the objects of one `kubectl apply`, short enough that nobody notices. */
const GATHER_MS = 25;
/** So many writes between two compilations are a bulk. */
const BULK_WRITES = 5;
/** With new objects a compilation takes some 5 ms for 1,000; this leaves more than half of the time to the writes and the gateways. */
const BULK_OBJECTS_PER_MS = 75;
const LONGEST_GATHER_MS = 2000;

export class Pace {
  private readonly work: () => void;
  private writes = 0;
  private writesBefore = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(work: () => void) {
    this.work = work;
  }

  /** Somebody wrote. `size`: how much is to be compiled. */
  schedule(size: number): void {
    this.writes++;
    this.timer ??= setTimeout(this.work, this.gatherMs(size));
  }

  /** The work begins. */
  began(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writesBefore = this.writes;
    this.writes = 0;
  }

  private gatherMs(size: number): number {
    if (this.writesBefore < BULK_WRITES) return GATHER_MS;
    return Math.min(Math.max(GATHER_MS, size / BULK_OBJECTS_PER_MS), LONGEST_GATHER_MS);
  }
}
