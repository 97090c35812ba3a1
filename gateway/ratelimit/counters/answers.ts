/**
 * The owner's memory of what it answered last to each asker: a call that comes again, because its answer was lost, gets the
 * same answer and charges nothing. What changed the rows is remembered beside them, so that it outlives a crash as they do.
 */
import type { CountCall, CountReply } from './protocol.ts';

export interface Answer {
  from: string;
  number: number;
  replies: CountReply[];
  /** Milliseconds. */
  at: number;
}

/** The durable ones. A write of one turn becomes durable together with the counters' rows of that turn. */
export interface AnswerRows {
  answers(): Answer[];
  writeAnswer(answer: Answer): void;
  /** Removes what was answered before `at`, in milliseconds. */
  removeAnswers(at: number): void;
}

/** Nobody asks again after so long: askers give up after ten seconds. */
const KEEP_MS = 60_000;

export class Answers {
  readonly #rows: AnswerRows;
  readonly #last: Map<string, Answer>;

  constructor(rows: AnswerRows) {
    this.#rows = rows;
    this.#last = new Map(rows.answers().map((answer) => [answer.from, answer]));
  }

  /** The answer that this call had already. An older call than the last was given up by its asker: nobody reads the answer. */
  find({ from, number, requests }: CountCall): CountReply[] | undefined {
    const last = this.#last.get(from);
    if (!last || last.number < number) return undefined;
    return last.number === number ? last.replies : requests.map(({ limit }) => ({ after: limit + 1, granted: 0 }));
  }

  /** @param durable whether the answer rests on rows that were written for it. */
  keep({ from, number }: CountCall, replies: CountReply[], at: number, durable: boolean): void {
    const answer = { from, number, replies, at };
    this.#last.set(from, answer);
    if (durable) this.#rows.writeAnswer(answer);
  }

  sweep(now: number): void {
    this.#rows.removeAnswers(now - KEEP_MS);
    for (const [from, { at }] of this.#last) if (at < now - KEEP_MS) this.#last.delete(from);
  }
}
