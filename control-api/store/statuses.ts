/**
 * Brings the status of every object up to what the newest compilation and the gateways say. What was written or changed comes first,
 * the others follow in slices, so that no call waits for 100,000 of them; who says the same as before is not looked at twice.
 */
import type { Finding } from '../analysis/finding.ts';
import type { Placement } from '../compile/processor.ts';
import type { Json } from '../rest/apply/fields.ts';
import { timestamp } from '../rest/metadata.ts';
import { type Liveness, statusOf } from './conditions.ts';
import type { Held, Inventory } from './inventory.ts';
import type { ObjectStore } from './objects.ts';

/** What is said now, of all objects. */
export interface Report {
  findingsOf(held: Held): readonly Finding[];
  adviceOf(held: Held): readonly Finding[];
  placementsOf(held: Held): readonly Placement[];
  /** Names of the objects of which something else may be said than in the report before; undefined: of any. */
  changed?: ReadonlySet<string> | undefined;
  liveness: Liveness;
  /** False: something newer is said, whose report is to come. */
  isCurrent?(): boolean;
}

/** Writes and looks of one slice: some milliseconds. */
const WRITES = 50;
const LOOKS = 5000;

export class Statuses {
  private readonly store: ObjectStore;
  private readonly inventory: Inventory;
  private report: Report | undefined;
  private waiting: Held[] = [];
  /** Changed in a report that was not finished; undefined: anything may have. */
  private unsaid: ReadonlySet<string> | undefined = new Set();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: ObjectStore, inventory: Inventory) {
    this.store = store;
    this.inventory = inventory;
  }

  /** Takes the place of the report before, which need not be finished. */
  update(report: Report): void {
    this.report = report;
    const changed = this.unsaid && report.changed && new Set([...this.unsaid, ...report.changed]);
    this.unsaid = changed;
    const all = [...this.inventory].filter(({ hasStatus }) => hasStatus);
    const settled = all.filter((held) => isSettled(held) && !(keepsLive(report) && changed?.has(held.name) === false));
    this.waiting = [...settled, ...all.filter((held) => !isSettled(held))];
    clearTimeout(this.timer);
    this.slice();
  }

  private slice(): void {
    const report = this.report;
    let [looks, writes] = [LOOKS, WRITES];
    const now = timestamp();
    for (; report && looks > 0 && writes > 0; looks--) {
      if (report.isCurrent?.() === false) return;
      const held = this.waiting.pop();
      if (!held) {
        this.unsaid = new Set();
        return;
      }
      if (this.isSaid(held, report) || !this.inventory.isCurrent(held)) continue;
      if (this.write(held, report, now)) writes--;
    }
    this.timer = setTimeout(() => this.slice(), 0);
  }

  private isSaid(held: Held, report: Report): boolean {
    const { basis } = held;
    if (!basis || !isSettled(held) || !keepsLive(report)) return false;
    return (
      sameFindings(basis.findings, report.findingsOf(held)) &&
      sameFindings(basis.advice, report.adviceOf(held)) &&
      samePlacements(basis.placements, report.placementsOf(held))
    );
  }

  /** Whether there was anything to write. */
  private write(held: Held, report: Report, now: string): boolean {
    const [findings, advice, placements] = [report.findingsOf(held), report.adviceOf(held), report.placementsOf(held)];
    const said = {
      findings: [...held.findings, ...findings, ...advice],
      placements: [...placements, ...held.placements],
      liveness: report.liveness,
    };
    const before = held.status;
    const status = statusOf(before, held.generation, said, now);
    const object = status === before ? undefined : this.store.get(held.key);
    if (object) this.store.put(held.key, { ...object, status } as Json);
    if (report.liveness.live) held.basis = { status: held.status, findings, advice, placements };
    else delete held.basis;
    return object !== undefined;
  }
}

/** Its status says that it is live, and nobody has written another. */
const isSettled = ({ basis, status }: Held): boolean => basis !== undefined && basis.status === status;

/** What is live stays so while a change of something else is on its way, so that both say the same. */
const keepsLive = ({ liveness }: Report): boolean => liveness.live || liveness.reason === 'Pending';

function sameFindings(a: readonly Finding[], b: readonly Finding[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((one, index) => sameFinding(one, b[index]!));
}

const sameFinding = (a: Finding, b: Finding): boolean =>
  a === b || (a.code === b.code && a.level === b.level && a.field === b.field && a.message === b.message);

function samePlacements(a: readonly Placement[], b: readonly Placement[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((one, index) => samePlacement(one, b[index]!));
}

const samePlacement = (a: Placement, b: Placement): boolean =>
  a === b || (a.where === b.where && a.field === b.field && a.reason === b.reason);
