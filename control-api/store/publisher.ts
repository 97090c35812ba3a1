/**
 * From stored objects to the live Snapshot: compiles what changed together once, publishes when the result is new, and
 * writes each object's status. A compilation that gives the same Snapshot publishes nothing; one that the gateways refuse
 * leaves the last good one live.
 */

import type { ServedCount } from '../../gateway/served-count.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { analyse, analysing } from '../analysis/analyse.ts';
import type { Finding } from '../analysis/finding.ts';
import { compile } from '../compile/compile.ts';
import { CompileMemo } from '../compile/memo.ts';
import { INGRESS_GATEWAY, type ModuleReference } from '../compile/processor.ts';
import type { Sharded } from '../compile/shards.ts';
import { describe, type Resource } from '../resources/resource.ts';
import type { RolloutSpec } from '../resources/types.gen.ts';
import { type Analysed, analysed } from './analysed.ts';
import type { Liveness } from './conditions.ts';
import { type Floor, laidOver, NO_FLOOR } from './floor.ts';
import type { Held, Inventory } from './inventory.ts';
import type { ObjectStore } from './objects.ts';
import { Rollout } from './rollout.ts';
import type { Publication, Snapshots } from './snapshots.ts';
import { Statuses } from './statuses.ts';
import { type FetchedModule, WantedModules } from './wanted-modules.ts';

/** Long enough to gather the objects of one `kubectl apply`, short enough that nobody notices. */
const GATHER_MS = 25;
/** So many writes between two compilations are a bulk. */
const BULK_WRITES = 5;
/** A compilation takes some 10 ms for 1,000 objects; this leaves half of the time to the writes. */
const BULK_OBJECTS_PER_MS = 50;
const LONGEST_GATHER_MS = 2000;
const REVIEWED_AT_ONCE = 300;
/** Analysis is for people: it waits until the writes have ended. */
const ANALYSE_AFTER_MS = 300;

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
  private readonly followers = new Set<Follower>();
  private readonly authors = new Set<string>();
  private writes = 0;
  private writesBefore = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private analysis: ReturnType<typeof setTimeout> | undefined;
  private floor: Floor = NO_FLOOR;
  private last: Analysed | undefined;
  private readonly memo = new CompileMemo();
  private advice: ReadonlyMap<string, Finding[]> = new Map();
  /** Snapshots that the gateways could not take over, with why. */
  private readonly refused = new Map<string, Liveness>();
  private served: string | undefined;
  private rollout: Rollout | undefined;
  private readonly modules = new WantedModules();
  /** Somebody runs gateways for us, fetches modules and confirms; else a publication is live at once. */
  private hasParent = false;

  constructor(store: ObjectStore, inventory: Inventory, snapshots: Snapshots) {
    this.statuses = new Statuses(store, inventory);
    this.inventory = inventory;
    this.snapshots = snapshots;
  }

  /** Compiles at once, so that nothing is served that knows only one half. */
  setFloor(floor: Floor): void {
    this.floor = floor;
    this.hasParent = true;
    this.publish();
  }

  /** Findings of the floor and of everything stored, as the last analysis left them. */
  get findings(): Finding[] {
    const own = [...this.inventory].flatMap(({ findings }) => findings);
    return [...this.floor.findings, ...own, ...(this.last?.findings ?? []), ...[...this.advice.values()].flat()];
  }

  /**
   * What would be found about `resource` if it were stored. Above a few hundred objects nothing: a write must not wait for an
   * analysis of all of them, and the object's status tells it soon after.
   */
  review(resource: Resource): Finding[] {
    if (this.inventory.size + this.floor.resources.length > REVIEWED_AT_ONCE) return [];
    const others = laidOver(this.inventory.resources, this.floor.resources);
    const input = { resources: laidOver([resource], others), mesh: this.floor.mesh, identity: INGRESS_GATEWAY };
    // Modules are fetched after the write; what comes of that is told in the status.
    const compiled = compile({ ...input, modules: ({ sha256 }) => ({ sha256 }) });
    const about = describe(resource);
    return [...compiled.findings, ...analyse({ input, compiled })].filter((finding) => finding.resource === about);
  }

  /** Somebody wrote: compile soon. */
  schedule(author?: string): void {
    if (author !== undefined) this.authors.add(author);
    this.writes++;
    this.timer ??= setTimeout(() => this.publish(), this.gatherMs());
  }

  /** Thousands of writes in a row are not compiled after each few of them: the pause grows with what is to be compiled. */
  private gatherMs(): number {
    if (this.writesBefore < BULK_WRITES) return GATHER_MS;
    return Math.min(Math.max(GATHER_MS, this.inventory.size / BULK_OBJECTS_PER_MS), LONGEST_GATHER_MS);
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
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writesBefore = this.writes;
    this.writes = 0;
    this.modules.reset();
    const modules = (reference: ModuleReference) => this.modules.find(reference);
    this.last = analysed(this.inventory, this.floor, { modules, previous: this.previous(), memo: this.memo });
    if (this.hasParent && this.modules.wanted.length > 0) {
      for (const { wants } of this.followers) wants?.();
      return;
    }
    // What gateways are to confirm is reported then: until then they would wait for the reports.
    if (!this.move(this.last)) this.report();
    clearTimeout(this.analysis);
    this.analysis = setTimeout(() => void this.analyse(), ANALYSE_AFTER_MS + this.inventory.size / BULK_OBJECTS_PER_MS);
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
    if (!this.hasParent && !current && this.inventory.size === 0) return false;
    const isNew = id !== current?.snapshot && id !== pinnedFrom && !this.refused.has(id);
    const reached = id === current?.snapshot;
    if (this.rollout && (isNew || reached) && this.rollout.candidate !== id) this.endRollout();
    if (isNew && this.startRollout(compiled, authors)) return true;
    if (isNew) this.announce(this.snapshots.publish(compiled, authors));
    else if (current && this.served === undefined) this.announce(current);
    if (!this.hasParent) this.served = this.snapshots.current?.snapshot;
    return isNew && this.hasParent && this.followers.size > 0;
  }

  /** False: there is no Rollout object, nothing stable to compare with, or nobody who could divide the requests. */
  private startRollout(compiled: Sharded, authors: string[]): boolean {
    const { id } = compiled.head;
    if (this.rollout?.candidate === id) return true;
    const spec = this.last && rolloutIn(this.last.input.resources);
    const stable = this.snapshots.current?.snapshot;
    if (!spec || !stable || this.served !== stable || !this.hasParent || this.followers.size === 0) return false;
    this.snapshots.stage(compiled);
    this.rollout = new Rollout(spec, id, stable, authors, Date.now());
    this.stageAt(this.rollout.percent);
    return true;
  }

  private stageAt(percent: number | undefined): void {
    for (const { staged } of this.followers)
      staged?.(percent === undefined ? undefined : this.rollout?.candidate, percent ?? 0);
    this.report();
  }

  /** Certificates stand beside the Snapshot, so that no key is ever in one. */
  serveAgain(): void {
    const { current } = this.snapshots;
    if (this.rollout) this.stageAt(this.rollout.percent);
    else if (current) for (const { again } of this.followers) again?.(current.snapshot);
  }

  private endRollout(): void {
    this.stageAt(undefined);
    this.rollout = undefined;
  }

  /** What came of a staging: one that cannot be done (other ports, say) is published at once. */
  confirmStage(id: string, error?: string): void {
    if (error !== undefined && this.rollout?.candidate === id) this.finishRollout();
  }

  /** What the gateways answered so far with each Snapshot. */
  count(counts: readonly ServedCount[]): void {
    const decision = this.rollout?.decide(counts, Date.now());
    if (decision?.kind === 'step') this.stageAt(decision.percent);
    else if (decision?.kind === 'finish') this.finishRollout();
    else if (decision?.kind === 'abort' && this.rollout) {
      this.refused.set(this.rollout.candidate, { live: false, reason: 'RolledBack', message: decision.why });
      this.endRollout();
      this.report();
    }
  }

  private finishRollout(): void {
    const { rollout } = this;
    this.rollout = undefined;
    const publication = rollout && this.snapshots.promote(rollout.candidate, rollout.authors);
    if (publication) this.announce(publication);
  }

  /** Makes an older Snapshot live until the next change of what would be served; undefined when it is not kept any more. */
  rollback(id: string, author: string): Publication | undefined {
    const publication = this.snapshots.rollback(id, author, this.last?.head.id);
    if (!publication) return undefined;
    this.rollout = undefined;
    this.announce(publication);
    this.report();
    return publication;
  }

  /** The gateways serve Snapshot `id`; with an error: they could not, so the pointer goes back to the one they do serve. */
  confirm(id: string, error?: string): void {
    if (error === undefined) this.served = id;
    else this.refused.set(id, { live: false, reason: 'GatewayRefused', message: error });
    if (error !== undefined && this.served && this.snapshots.current?.snapshot === id) {
      this.snapshots.rollback(this.served, 'bowsprit', undefined);
    }
    this.report();
  }

  private announce(publication: Publication): void {
    for (const { moved } of this.followers) moved(publication);
  }

  /** One analyser after another, with calls in between; a newer compilation begins anew. */
  private async analyse(): Promise<void> {
    const compiled = this.last;
    if (!compiled) return;
    const findings: Finding[] = [];
    for (const found of analysing({ input: compiled.input, compiled })) {
      for (const finding of found) findings.push(finding);
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (this.last !== compiled) return;
    }
    this.advice = Map.groupBy(findings, (finding) => finding.resource);
    this.report();
  }

  private liveness(compiled: Analysed): Liveness {
    const { id } = compiled.head;
    if (this.rollout?.candidate === id) {
      return { live: false, reason: 'Pending', message: `served to ${this.rollout.percent} % of the requests so far` };
    }
    const refusal = this.refused.get(id);
    if (refusal !== undefined) return refusal;
    if (this.snapshots.pinnedFrom === id) {
      return { live: false, reason: 'RolledBack', message: `Snapshot ${this.snapshots.current?.snapshot} is live` };
    }
    return this.served === id ? { live: true } : { live: false, reason: 'Pending', message: 'not served yet' };
  }

  private report(): void {
    const compiled = this.last;
    if (!compiled) return;
    const { findingsOf, placementsOf } = compiled;
    const adviceOf = ({ name }: Held) => this.advice.get(name) ?? NOTHING;
    this.statuses.update({ findingsOf, placementsOf, adviceOf, liveness: this.liveness(compiled) });
  }
}

const NOTHING: readonly Finding[] = [];

/** The one in the root namespace that was made first. */
function rolloutIn(resources: readonly Resource[]): RolloutSpec | undefined {
  const found = resources.find(
    ({ group, kind, metadata }) =>
      group === 'bowsprit.dev' && kind === 'Rollout' && metadata.namespace === INGRESS_GATEWAY.rootNamespace,
  );
  return found?.spec as RolloutSpec | undefined;
}
