/**
 * The calls to one object: a few at a time, each in a slot of its own. A call whose answer is lost is sent again at once; if that
 * fails too its askers are told, but the slot keeps it and asks for its answer along with its next call, because the
 * object may have counted it, and leased.
 */
import type { CountCall, CountReply } from './protocol.ts';

/** Sends calls to one object. Rejects when there is no answer. */
export type Send = (calls: CountCall[]) => Promise<CountReply[][]>;

/** What a call without an answer left behind. */
interface Lost {
  call: CountCall;
  /** Milliseconds. */
  at: number;
  answered(replies: CountReply[]): void;
}

/** How long a lost call is worth an answer. */
const LOST_MS = 10_000;

export class Slot {
  readonly #from: string;
  #lost: Lost | undefined;

  /** @param from names the slot among all that ask the object; at most one call of a name is under way. */
  constructor(from: string) {
    this.#from = from;
  }

  /**
   * @param late is told the answer if it comes after this promise was rejected.
   * @throws what `send` throws the second time.
   */
  async call(
    requests: CountCall['requests'],
    number: number,
    send: Send,
    late: (replies: CountReply[]) => void,
  ): Promise<CountReply[]> {
    const call: CountCall = { from: this.#from, number, requests };
    const lost = this.#takeLost();
    try {
      const replies = await twice(send, lost ? [{ ...lost.call, late: true }, call] : [call]);
      if (lost) lost.answered(replies[0] ?? []);
      return replies.at(-1) ?? [];
    } catch (error) {
      this.#lost = { call, at: Date.now(), answered: late };
      throw error;
    }
  }

  #takeLost(): Lost | undefined {
    const lost = this.#lost;
    this.#lost = undefined;
    return lost && Date.now() - lost.at < LOST_MS ? lost : undefined;
  }
}

/** An overloaded object is not asked again: it would only be more so. */
async function twice(send: Send, calls: CountCall[]): Promise<CountReply[][]> {
  try {
    return await send(calls);
  } catch (error) {
    if ((error as { overloaded?: boolean }).overloaded) throw error;
    return send(calls);
  }
}
