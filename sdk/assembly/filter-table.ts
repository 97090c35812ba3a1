/**
 * The filters of the requests in flight, by context id: an open-addressed table. The language's Map keeps what was deleted
 * until it is built anew, which with one insertion and one deletion for each request is every few requests.
 */
import { HttpFilter } from "./filter";

const SMALLEST: i32 = 16;

export class FilterTable {
  private slots: StaticArray<HttpFilter | null> = new StaticArray<HttpFilter | null>(SMALLEST);
  private mask: u32 = SMALLEST - 1;
  private count: i32 = 0;

  get(id: u32): HttpFilter | null {
    return unchecked(this.slots[this.find(id)]);
  }

  /** `filter.contextId` is not there yet. */
  add(filter: HttpFilter): void {
    this.count++;
    if (this.count * 2 > this.slots.length) this.grow();
    this.place(filter);
  }

  /** What stands behind the hole moves up, unless it would then stand before its own place. */
  delete(id: u32): void {
    let hole = this.find(id);
    if (unchecked(this.slots[hole]) === null) return;
    this.count--;
    let at = (hole + 1) & this.mask;
    for (let filter = unchecked(this.slots[at]); filter !== null; filter = unchecked(this.slots[at])) {
      if (((at - filter.contextId) & this.mask) >= ((at - hole) & this.mask)) {
        unchecked((this.slots[hole] = filter));
        hole = at;
      }
      at = (at + 1) & this.mask;
    }
    unchecked((this.slots[hole] = null));
  }

  /** Where the filter is, or where it would be. */
  private find(id: u32): u32 {
    let at = id & this.mask;
    for (let filter = unchecked(this.slots[at]); filter !== null && filter.contextId != id; filter = unchecked(this.slots[at]))
      at = (at + 1) & this.mask;
    return at;
  }

  private place(filter: HttpFilter): void {
    unchecked((this.slots[this.find(filter.contextId)] = filter));
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new StaticArray<HttpFilter | null>(old.length * 2);
    this.mask = <u32>this.slots.length - 1;
    for (let i = 0; i < old.length; i++) {
      const filter = unchecked(old[i]);
      if (filter !== null) this.place(filter);
    }
  }
}
