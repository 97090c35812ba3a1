/** A Snapshot in pieces, so that a process is given only those that it lacks. */
import { NO_MEMO } from '../../control-api/compile/memo.ts';
import { shardsOf } from '../../control-api/compile/shards.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { joinShards, keysOf, type SnapshotHead, type SnapshotShard } from '../../gateway/snapshot-shards.ts';
import { callSocket } from './unix-http.ts';

interface Pieces {
  head: SnapshotHead;
  /** JSON of a shard that the head names. */
  text(key: string): string;
}

const known = new WeakMap<Snapshot, Pieces>();

/** Those that it came in; one that came whole is cut up. */
export function piecesOf(snapshot: Snapshot): Pieces {
  const pieces = known.get(snapshot) ?? cutUp(snapshot);
  known.set(snapshot, pieces);
  return pieces;
}

function cutUp(snapshot: Snapshot): Pieces {
  const { head, shards } = shardsOf(snapshot, NO_MEMO);
  return { head: { ...head, id: snapshot.id }, text: (key) => JSON.stringify(shards.get(key)) };
}

/** Shards that were fetched: those of the newest Snapshot. */
export class FetchedShards {
  #shards = new Map<string, { text: string; shard: SnapshotShard }>();

  /** @param fetch gives the JSON of each key; it is asked for what is missing only */
  async snapshot(head: SnapshotHead, fetch: (keys: string[]) => Promise<string[]>): Promise<Snapshot> {
    const keys = [...keysOf(head)];
    const missing = keys.filter((key) => !this.#shards.has(key));
    const texts = missing.length > 0 ? await fetch(missing) : [];
    const fetched = new Map(missing.map((key, index) => [key, readShard(texts[index] ?? '')]));
    const shards = new Map(keys.map((key) => [key, this.#shards.get(key) ?? fetched.get(key)!]));
    this.#shards = shards;
    const parts = Array.from(shards.values(), ({ shard }) => shard);
    const snapshot = joinShards(head, parts);
    known.set(snapshot, { head, text: (key) => shards.get(key)?.text ?? '' });
    return snapshot;
  }
}

const readShard = (text: string) => ({ text, shard: JSON.parse(text) as SnapshotShard });

/** So many characters go to a process in one call. */
const CALL_LENGTH = 4_000_000;
/** A large Snapshot is made ready between requests, which takes its time. */
const TAKE_OVER_MS = 60_000;

/** Puts a Snapshot to `path` of a process's admin socket. Rejects when the process does not take it. */
export async function handOver(snapshot: Snapshot, socket: string, path: string): Promise<void> {
  const { head, text } = piecesOf(snapshot);
  const put = () => callSocket(socket, 'PUT', path, { body: JSON.stringify(head), timeoutMs: TAKE_OVER_MS });
  let answer = await put();
  if (answer.status === 409) {
    for (const body of inCalls(JSON.parse(answer.text) as string[], text))
      await callSocket(socket, 'PUT', '/shards', { body, timeoutMs: TAKE_OVER_MS });
    answer = await put();
  }
  if (answer.status !== 204) throw new Error(`a gateway process did not take the Snapshot (${answer.status})`);
}

function* inCalls(keys: readonly string[], text: (key: string) => string): Generator<string> {
  let lines: string[] = [];
  let length = 0;
  for (const key of keys) {
    const line = `${key} ${text(key)}`;
    lines.push(line);
    length += line.length;
    if (length < CALL_LENGTH) continue;
    yield lines.join('\n');
    [lines, length] = [[], 0];
  }
  if (lines.length > 0) yield lines.join('\n');
}
