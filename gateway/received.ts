/**
 * What the parent process hands over: a Snapshot's head, and those of its shards that this process does not have. Shards that did
 * not change stay the objects that they were, and with them everything that was derived from them.
 */
import { finishInSlices } from './sliced.ts';
import type { Snapshot } from './snapshot.ts';
import { joining, keysOf, type SnapshotHead, type SnapshotShard } from './snapshot-shards.ts';

/** Parsing as many characters takes a few milliseconds. */
const SLICE_LENGTH = 250_000;

export class ReceivedShards {
  #shards = new Map<string, SnapshotShard>();

  /** `text`: a shard a line, its key, a space, its JSON. */
  async take(text: string): Promise<void> {
    await finishInSlices(this.#taking(text));
  }

  *#taking(text: string): Generator<void> {
    let length = 0;
    for (const line of text.split('\n')) {
      const space = line.indexOf(' ');
      this.#shards.set(line.slice(0, space), JSON.parse(line.slice(space + 1)) as SnapshotShard);
      length += line.length;
      if (length < SLICE_LENGTH) continue;
      length = 0;
      yield;
    }
  }

  missing(head: SnapshotHead): string[] {
    return [...keysOf(head)].filter((key) => !this.#shards.has(key));
  }

  /** The Snapshot of `head`, of which nothing is missing. */
  snapshot(head: SnapshotHead): Promise<Snapshot> {
    return finishInSlices(
      joining(
        head,
        Array.from(keysOf(head), (key) => this.#shards.get(key)!),
      ),
    );
  }

  /** Forgets every shard that none of the heads names. */
  keep(heads: readonly SnapshotHead[]): void {
    const used = new Set(heads.flatMap((head) => [...keysOf(head)]));
    for (const key of this.#shards.keys()) if (!used.has(key)) this.#shards.delete(key);
  }
}
