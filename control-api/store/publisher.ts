/**
 * From stored objects to the live Snapshot: compiles what changed together once, publishes when the result is new, and
 * writes each object's status. A compilation that gives the same Snapshot publishes nothing; one that the gateways refuse
 * leaves the last good one live.
 */

import type { ServedCount } from '../../gateway/served-count.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { Finding } from '../analysis/finding.ts';
import type { ModuleReference } from '../compile/processor.ts';
import type { Sharded } from '../compile/shards.ts';
import type { Resource } from '../resources/resource.ts';
import { Advice } from './advice.ts';
import { type Analysed, Analysis } from './analysed.ts';
import type { Liveness } from './conditions.ts';
import { type Floor, NO_FLOOR } from './floor.ts';
import type { Held, Inventory } from './inventory.ts';
import type { ObjectStore } from './objects.ts';
import { Pace } from './pace.ts';
import { reviewed } from './review.ts';
import type { Publication, Snapshots } from './snapshots.ts';
import { rolloutIn, type StagedRollouts } from './staged-rollouts.ts';
import { Statuses } from './statuses.ts';
import { type FetchedModule, WantedModules } from './wanted-modules.ts';

export interface Follower {
  moved(publication: Publication): void;
  wants?(): void;
  /** What is served is to be taken over once more: its certificates have changed. */
  again?(id: string): void;
  /** Some requests are to get a Snapshot that is not live; undefined: none any more. */
  staged?(id: string | undefined, percent: number): void;
}

export class Publisher {
  private readonly statuses: Statuses;
  private readonly inventory: Inventory;
  private readonly snapshots: Snapshots;
  private readonly rollouts: StagedRollouts;
  private readonly followers = new Set<Follower>();
  private readonly authors = new Set<string>();
  private readonly pace = new Pace(() => this.publish());
  private floor: Floor = NO_FLOOR;
  private last: Analysed | undefined;
  private readonly analysis: Analysis;
  private readonly advice = new Advice((changed) => this.report(changed));
  /** Snapshots that the gateways could not take over, with why. */
  private readonly refused = new Map<string, Liveness>();
  private served: string | undefined;
  private readonly modules = new WantedModules();
  /** Somebody runs gateways for us, fetches modules and confirms. */
  private hasParent = false;
  /** Somebody confirms what is served; else a publication is live at once. */
  private isConfirmed = false;

  constructor(store: ObjectStore, inventory: Inventory, snapshots: Snapshots, rollouts: StagedRollouts) {
    this.statuses = new Statuses(store, inventory);
    this.inventory = inventory;
    this.analysis = new Analysis(inventory);
    this.snapshots = snapshots;
    this.rollouts = rollouts;
  }

  /** From now on a publication is live when `confirm` says so. */
  awaitConfirmations(): void {
    this.isConfirmed = true;
  }

  /** Compiles at once, so that nothing is served that knows only one half. */
  setFloor(floor: Floor): void {
    this.floor = floor;
    this.hasParent = true;
    this.awaitConfirmations();
    this.publish();
  }

  /** Findings of the floor and of everything stored, as the last analysis left them. */
  get findings(): Finding[] {
    const own = [...this.inventory].flatMap(({ findings }) => findings);
    return [...this.floor.findings, ...own, ...(this.last?.findings ?? []), ...this.advice.all()];
  }

  /** What would be found about `resource` if it were stored. */
  review(resource: Resource): Finding[] {
    return reviewed(resource, this.inventory, this.floor);
  }

  /** Somebody wrote: compile soon. */
  schedule(author?: string): void {
    if (author !== undefined) this.authors.add(author);
    this.pace.schedule(this.inventory.size);
  }

  /** Calls back whenever the pointer moves, and (`wants`) whenever modules are wanted before it can. */
  follow(follower: Follower): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  get wantedModules(): ModuleReference[] {
    return this.modules.wanted;
  }

  /** What was fetched, and what could not be. */
  learnModules(modules: readonly FetchedModule[]): void {
    this.modules.learn(modules);
    this.publish();
  }

  publish(): void {
    this.pace.began();
    this.modules.reset();
    const modules = (reference: ModuleReference) => this.modules.find(reference);
    this.last = this.analysis.run(this.floor, modules, this.previous());
    const isFetching = this.hasParent || [...this.followers].some(({ wants }) => wants);
    if (isFetching && this.modules.wanted.length > 0) {
      for (const { wants } of this.followers) wants?.();
      return;
    }
    // What gateways are to confirm is reported then: until then they would wait for the reports.
    if (!this.move(this.last)) this.report();
    this.advice.seek(this.last, this.inventory.size);
  }

  /** What is in error keeps what it had in the compilation before, which may have been another process's. */
  private previous(): Pick<Snapshot, 'limitDomains'> | undefined {
    const { current } = this.snapshots;
    return this.last?.head ?? (current && this.snapshots.head(current.snapshot));
  }

  /** Whether somebody is going to confirm it. */
  private move(compiled: Sharded): boolean {
    const { id } = compiled.head;
    const authors = [...this.authors];
    this.authors.clear();
    const { current, pinnedFrom } = this.snapshots;
    // An API that nobody has written to yet must not take the place of what was deployed.
    if (!this.hasParent && !current && this.inventory.isEmpty) return false;
    const isNew = id !== current?.snapshot && id !== pinnedFrom && this.refusalOf(id) === undefined;
    const reached = id === current?.snapshot;
    const { candidate = id } = this.rollouts.current ?? {};
    if ((isNew || reached) && candidate !== id) this.endRollout();
    if (isNew && this.startRollout(compiled, authors)) return true;
    if (isNew) this.announce(this.snapshots.publish(compiled, authors));
    else if (current && this.served === undefined) this.announce(current);
    if (!this.isConfirmed) this.served = this.snapshots.current?.snapshot;
    return isNew && this.isConfirmed && this.followers.size > 0;
  }

  /** False: there is no Rollout object, nothing stable to compare with, or nobody who could divide the requests. */
  private startRollout(compiled: Sharded, authors: string[]): boolean {
    const { id } = compiled.head;
    const { current } = this.snapshots;
    if (this.rollouts.current?.candidate === id) {
      // After a restart: once it is confirmed, the rollout goes on.
      if (this.served === undefined && current) this.announce(current);
      return true;
    }
    const spec = this.last && rolloutIn(this.last.input.resources);
    const canShare = this.isConfirmed && [...this.followers].some(({ staged }) => staged);
    if (!spec || !current || this.served !== current.snapshot || !canShare) return false;
    this.snapshots.stage(compiled);
    this.rollouts.begin(spec, id, current.snapshot, authors);
    this.stage();
    return true;
  }

  private stage(): void {
    const { candidate, percent = 0 } = this.rollouts.current ?? {};
    for (const { staged } of this.followers) staged?.(candidate, percent);
    this.report();
  }

  /** Certificates stand beside the Snapshot, so that no key is ever in one. */
  serveAgain(): void {
    const { current } = this.snapshots;
    if (this.rollouts.current) this.stage();
    else if (current) for (const { again } of this.followers) again?.(current.snapshot);
  }

  /** Some of the requests get a Snapshot that is not live. */
  get isSharing(): boolean {
    return this.rollouts.current !== undefined;
  }

  private endRollout(): void {
    this.rollouts.end();
    this.stage();
  }

  /** What came of a staging: one that cannot be done (other ports, say) is published at once. */
  confirmStage(id: string, error?: string): void {
    if (error !== undefined && this.rollouts.current?.candidate === id) this.finishRollout();
  }

  /** What the gateways answered so far with each Snapshot; without it, time has passed. */
  count(counts?: readonly ServedCount[]): void {
    const decision = this.rollouts.decide(counts);
    if (decision?.kind === 'step') this.stage();
    else if (decision?.kind === 'finish') this.finishRollout();
    else if (decision?.kind === 'abort') this.endRollout();
  }

  /** What isolates answered since they told last; gives the percentage that the candidate gets from now on. */
  share(id: string, counts: readonly ServedCount[]): number {
    this.rollouts.add(counts);
    this.count();
    if (this.rollouts.current?.candidate === id) return this.rollouts.current.percent;
    return this.snapshots.current?.snapshot === id ? 100 : 0;
  }

  private finishRollout(): void {
    const { candidate, authors = [] } = this.rollouts.current ?? {};
    this.rollouts.end();
    const publication = candidate && this.snapshots.promote(candidate, authors);
    if (publication) this.announce(publication);
  }

  /** Makes an older Snapshot live until the next change of what would be served; undefined when it is not kept any more. */
  rollback(id: string, author: string): Publication | undefined {
    const publication = this.snapshots.rollback(id, author, this.last?.head.id);
    if (!publication) return undefined;
    this.rollouts.end();
    this.announce(publication);
    this.report();
    return publication;
  }

  /** The gateways serve Snapshot `id`; with an error: they could not, so the pointer goes back to the one they do serve. */
  confirm(id: string, error?: string): void {
    const isFirst = this.served === undefined;
    if (error === undefined) this.served = id;
    else this.refused.set(id, { live: false, reason: 'GatewayRefused', message: error });
    if (error !== undefined && this.served && this.snapshots.current?.snapshot === id) {
      this.snapshots.rollback(this.served, 'bowsprit', undefined);
    }
    if (isFirst && error === undefined && this.rollouts.current) this.stage();
    else this.report();
  }

  private announce(publication: Publication): void {
    for (const { moved } of this.followers) moved(publication);
  }

  private refusalOf(id: string): Liveness | undefined {
    const why = this.rollouts.whyTakenBack(id);
    return why === undefined ? this.refused.get(id) : { live: false, reason: 'RolledBack', message: why };
  }

  private liveness(compiled: Analysed): Liveness {
    const { id } = compiled.head;
    const { rollouts } = this;
    if (rollouts.current?.candidate === id) {
      return {
        live: false,
        reason: 'Pending',
        message: `served to ${rollouts.current.percent} % of the requests so far`,
      };
    }
    const refusal = this.refusalOf(id);
    if (refusal !== undefined) return refusal;
    if (this.snapshots.pinnedFrom === id) {
      return { live: false, reason: 'RolledBack', message: `Snapshot ${this.snapshots.current?.snapshot} is live` };
    }
    return this.served === id ? { live: true } : { live: false, reason: 'Pending', message: 'not served yet' };
  }

  /** @param advised the objects about which there is other advice than before */
  private report(advised: readonly string[] = []): void {
    const compiled = this.last;
    if (!compiled) return;
    const changed = this.analysis.takeChanged();
    this.statuses.update({
      findingsOf: (held) => this.analysis.findingsOf(held),
      placementsOf: (held) => this.analysis.placementsOf(held),
      adviceOf: ({ name }: Held) => this.advice.of(name),
      changed: changed && new Set([...changed, ...advised]),
      liveness: this.liveness(compiled),
      isCurrent: () => this.last === compiled,
    });
  }
}
