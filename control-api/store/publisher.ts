/**
 * From changed objects to a live Snapshot. Writes that come close together are compiled together; a compilation that gives
 * the same Snapshot publishes nothing; one that fails leaves the last good one live.
 */
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { Json } from '../rest/apply/fields.ts';
import { timestamp } from '../rest/metadata.ts';
import { analysed } from './analysed.ts';
import { statusOf } from './conditions.ts';
import type { Held, Inventory } from './inventory.ts';
import type { ObjectStore } from './objects.ts';
import type { Publication, Snapshots } from './snapshots.ts';

/** Long enough to gather the objects of one `kubectl apply`, short enough that nobody notices. */
const GATHER_MS = 25;

export interface Live {
  publication: Publication;
  snapshot: Snapshot;
}

export class Publisher {
  private readonly store: ObjectStore;
  private readonly inventory: Inventory;
  private readonly snapshots: Snapshots;
  private readonly listeners = new Set<(live: Live) => void>();
  private readonly authors = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: ObjectStore, inventory: Inventory, snapshots: Snapshots) {
    this.store = store;
    this.inventory = inventory;
    this.snapshots = snapshots;
  }

  /** Somebody wrote: compile soon. */
  schedule(author?: string): void {
    if (author !== undefined) this.authors.add(author);
    this.timer ??= setTimeout(() => this.publish(), GATHER_MS);
  }

  /** Calls back whenever the pointer moves. */
  onPublish(listener: (live: Live) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const authors = [...this.authors];
    this.authors.clear();
    const compiled = analysed(this.inventory);
    if (compiled.snapshot.id !== this.snapshots.current?.snapshot) {
      this.announce({ publication: this.snapshots.publish(compiled.snapshot, authors), snapshot: compiled.snapshot });
    }
    for (const held of this.inventory) this.report(held, compiled);
  }

  /** False when that Snapshot is not kept any more. */
  rollback(id: string, author: string): Publication | undefined {
    const snapshot = this.snapshots.get(id);
    const publication = snapshot && this.snapshots.rollback(id, author);
    if (snapshot && publication) this.announce({ publication, snapshot });
    return publication;
  }

  private announce(live: Live): void {
    for (const listener of this.listeners) listener(live);
  }

  private report(held: Held, { findingsOf, placementsOf }: ReturnType<typeof analysed>): void {
    if (
      held.key.resource.startsWith('/') ||
      (!held.key.resource.includes('istio.io') && !held.key.resource.includes('bowsprit.dev'))
    )
      return;
    const findings = [...held.findings, ...findingsOf(held)];
    const status = statusOf(held.status, held.generation, findings, placementsOf(held), timestamp());
    if (status === held.status) return;
    const object = this.store.get(held.key);
    if (object) this.store.put(held.key, { ...object, status } as Json);
  }
}
