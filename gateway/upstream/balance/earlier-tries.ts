/** Where a request's tries went, and so where its next one is not to go. */
import type { FoldedRetry } from '../../traffic/retry.ts';
import type { Host } from './host.ts';
import { PreviousPriorities } from './previous-priorities.ts';

export class EarlierTries {
  /** Hosts to avoid. */
  readonly hosts: Host[] = [];
  /** Priorities to avoid; undefined where the policy does not say so. */
  readonly priorities: PreviousPriorities | undefined;
  readonly #avoidHosts: boolean;

  constructor({
    ignorePreviousHosts,
    remoteLocalities,
  }: Pick<FoldedRetry, 'ignorePreviousHosts' | 'remoteLocalities'>) {
    this.#avoidHosts = ignorePreviousHosts;
    this.priorities = remoteLocalities ? new PreviousPriorities() : undefined;
  }

  add(host: Host): void {
    if (this.#avoidHosts) this.hosts.push(host);
    this.priorities?.tried(host);
  }
}
