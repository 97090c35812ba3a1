/**
 * From stored objects to the live Snapshot: compiles what changed together once, publishes when the result is new, and
 * writes each object's status. A compilation that gives the same Snapshot publishes nothing; one that the gateways refuse
 * leaves the last good one live.
 */
import { analyse } from '../analysis/analyse.ts';
import type { Finding } from '../analysis/finding.ts';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { describe, type Resource } from '../resources/resource.ts';
import type { Json } from '../rest/apply/fields.ts';
import { timestamp } from '../rest/metadata.ts';
import { type Analysed, analysed } from './analysed.ts';
import { type Liveness, statusOf } from './conditions.ts';
import { type Floor, laidOver, NO_FLOOR } from './floor.ts';
import type { Held, Inventory } from './inventory.ts';
import type { ObjectStore } from './objects.ts';
import type { Publication, Snapshots } from './snapshots.ts';

/** Long enough to gather the objects of one `kubectl apply`, short enough that nobody notices. */
const GATHER_MS = 25;
const REVIEWED_AT_ONCE = 300;
/** Analysis is for people: it waits until the writes have ended. */
const ANALYSE_AFTER_MS = 300;

export class Publisher {
  private readonly store: ObjectStore;
  private readonly inventory: Inventory;
  private readonly snapshots: Snapshots;
  private readonly followers = new Set<(publication: Publication) => void>();
  private readonly gateways = new Set<(publication: Publication) => void>();
  private readonly authors = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private analysis: ReturnType<typeof setTimeout> | undefined;
  private floor: Floor = NO_FLOOR;
  private last: Analysed | undefined;
  private advice: ReadonlyMap<string, Finding[]> = new Map();
  /** Snapshots that the gateways could not take over, with why. */
  private readonly refused = new Map<string, string>();
  private served: string | undefined;

  constructor(store: ObjectStore, inventory: Inventory, snapshots: Snapshots) {
    this.store = store;
    this.inventory = inventory;
    this.snapshots = snapshots;
  }

  /** Compiles at once, so that nothing is served that knows only one half. */
  setFloor(floor: Floor): void {
    this.floor = floor;
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
    const others = laidOver(this.inventory.resources, this.floor.resources);
    if (others.length > REVIEWED_AT_ONCE) return [];
    const input = { resources: laidOver([resource], others), mesh: this.floor.mesh, identity: INGRESS_GATEWAY };
    const compiled = compile(input);
    const about = describe(resource);
    return [...compiled.findings, ...analyse({ input, compiled })].filter((finding) => finding.resource === about);
  }

  /** Somebody wrote: compile soon. */
  schedule(author?: string): void {
    if (author !== undefined) this.authors.add(author);
    this.timer ??= setTimeout(() => this.publish(), GATHER_MS);
  }

  /** Calls back whenever the pointer moves. A gateway also tells, by `confirm`, when it serves. */
  follow(follower: (publication: Publication) => void, isGateway = false): () => void {
    this.followers.add(follower);
    if (isGateway) this.gateways.add(follower);
    return () => {
      this.followers.delete(follower);
      this.gateways.delete(follower);
    };
  }

  publish(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const authors = [...this.authors];
    this.authors.clear();
    this.last = analysed(this.inventory, this.floor, this.last);
    const { snapshot } = this.last;
    const isNew = snapshot.id !== this.snapshots.current?.snapshot && snapshot.id !== this.snapshots.pinnedFrom;
    if (isNew && !this.refused.has(snapshot.id)) this.announce(this.snapshots.publish(snapshot, authors));
    if (this.gateways.size === 0) this.served = this.snapshots.current?.snapshot;
    this.report();
    clearTimeout(this.analysis);
    this.analysis = setTimeout(() => this.analyse(), ANALYSE_AFTER_MS);
  }

  /** Makes an older Snapshot live until the next change of what would be served; undefined when it is not kept any more. */
  rollback(id: string, author: string): Publication | undefined {
    const publication = this.snapshots.rollback(id, author, this.last?.snapshot.id);
    if (!publication) return undefined;
    this.announce(publication);
    this.report();
    return publication;
  }

  /** The gateways serve Snapshot `id`; with an error: they could not, so the pointer goes back to the one they do serve. */
  confirm(id: string, error?: string): void {
    if (error === undefined) this.served = id;
    else this.refused.set(id, error);
    if (error !== undefined && this.served && this.snapshots.current?.snapshot === id) {
      this.snapshots.rollback(this.served, 'bowsprit', undefined);
    }
    this.report();
  }

  private announce(publication: Publication): void {
    for (const follower of this.followers) follower(publication);
  }

  private analyse(): void {
    if (!this.last) return;
    const findings = analyse({ input: this.last.input, compiled: this.last });
    this.advice = Map.groupBy(findings, (finding) => finding.resource);
    this.report();
  }

  private liveness(compiled: Analysed): Liveness {
    const { id } = compiled.snapshot;
    const refusal = this.refused.get(id);
    if (refusal !== undefined) return { live: false, reason: 'GatewayRefused', message: refusal };
    if (this.snapshots.pinnedFrom === id) {
      return { live: false, reason: 'RolledBack', message: `Snapshot ${this.snapshots.current?.snapshot} is live` };
    }
    return this.served === id ? { live: true } : { live: false, reason: 'Pending', message: 'not served yet' };
  }

  private report(): void {
    const compiled = this.last;
    if (!compiled) return;
    const liveness = this.liveness(compiled);
    for (const held of this.inventory) if (held.hasStatus) this.reportOn(held, compiled, liveness);
  }

  private reportOn(held: Held, compiled: Analysed, liveness: Liveness): void {
    const findings = [...held.findings, ...compiled.findingsOf(held), ...(this.advice.get(held.name) ?? [])];
    const placements = [...compiled.placementsOf(held), ...held.placements];
    const status = statusOf(held.status, held.generation, { findings, placements, liveness }, timestamp());
    if (status === held.status) return;
    const object = this.store.get(held.key);
    if (object) this.store.put(held.key, { ...object, status } as Json);
  }
}
