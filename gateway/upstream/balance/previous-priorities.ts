/**
 * retryRemoteLocalities: where a request's next try may go, by the priorities that its tries went to before. Envoy's
 * previous_priorities with the update frequency that Istio gives it.
 */
import type { Host } from './host.ts';
import { shareOut } from './priority-load.ts';

/** After every second try the priorities tried so far are left out. */
const UPDATE_FREQUENCY = 2;

/** What it has to know of a cluster at this moment. */
export interface Priorities {
  /** Of each priority, in percent. */
  health: readonly number[];
  levelOf(host: Host): number | undefined;
}

/** For one request; retries only. Hash policies do not ask it, as in Envoy. */
export class PreviousPriorities {
  #tried: Host[] = [];
  readonly #left = new Set<number>();
  #load: readonly number[] | undefined;

  tried(host: Host): void {
    this.#tried.push(host);
  }

  /** @param usual what a first try goes by; @returns percent for each priority */
  load(usual: readonly number[], priorities: Priorities): readonly number[] {
    if (this.#tried.length < UPDATE_FREQUENCY) return usual;
    if (this.#tried.length % UPDATE_FREQUENCY === 0) this.#load = this.#update(priorities);
    return this.#load ?? usual;
  }

  /** Everything begins anew when nobody is left; undefined when nobody is healthy anywhere. */
  #update({ health, levelOf }: Priorities): readonly number[] | undefined {
    for (const host of this.#tried) {
      const level = levelOf(host);
      if (level !== undefined) this.#left.add(level);
    }
    const load = shareOut(health.map((part, level) => (this.#left.has(level) ? 0 : part)));
    if (load !== undefined) return load;
    this.#left.clear();
    this.#tried = [];
    return shareOut(health);
  }
}
