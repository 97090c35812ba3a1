/** A request body that may have to be sent more than once: for retries and mirrors. */
import { REPLAY_LIMIT, Record } from './record.ts';

type Bytes = ReadableStream<Uint8Array>;

export interface ReplayableBody {
  /** A copy from the beginning; undefined when too much of it is gone. */
  take(): Bytes | null | undefined;
  /** Whether `take` will give another copy. */
  mayRepeat(): boolean;
  /** A copy for a mirror: at once, or, when the length is unknown, after the body has passed. undefined: too long. */
  whole(): Promise<Bytes | null | undefined>;
  /** Lets go of what is kept. */
  release(): void;
}

const NO_BODY: ReplayableBody = {
  take: () => null,
  mayRepeat: () => true,
  whole: async () => null,
  release: () => {},
};

/** @param length Content-Length, null when the client did not say */
export function replayable(body: Bytes | null, length: string | null): ReplayableBody {
  if (body === null) return NO_BODY;
  if (length === null) return new Recording(body);
  return Number(length) <= REPLAY_LIMIT ? new Branching(body) : new Long(body, Number(length));
}

/** Known to be short: the runtime's own tee, which keeps the length and copies nothing twice. */
class Branching implements ReplayableBody {
  #kept: Bytes;

  constructor(body: Bytes) {
    this.#kept = body;
  }

  take(): Bytes {
    const [taken, kept] = this.#kept.tee();
    this.#kept = kept;
    return taken;
  }

  mayRepeat(): boolean {
    return true;
  }

  async whole(): Promise<Bytes> {
    return this.take();
  }

  release(): void {
    this.#kept.cancel().catch(() => {});
  }
}

/** Sent once, untouched. */
export class Once implements ReplayableBody {
  #body: Bytes | null | undefined;

  constructor(body: Bytes | null) {
    this.#body = body;
  }

  take(): Bytes | null | undefined {
    const body = this.#body;
    this.#body = undefined;
    return body;
  }

  mayRepeat(): boolean {
    return this.#body !== undefined;
  }

  async whole(): Promise<undefined> {
    return undefined;
  }

  release(): void {}
}

/** Of unknown length: what passes is recorded until it is too much; a copy is the record and then the rest. */
class Recording implements ReplayableBody {
  readonly #record: Record;
  /** Which try's copy goes out now: one that was given up must not take bytes away from it. */
  #copy = 0;

  constructor(body: Bytes) {
    this.#record = new Record(body);
  }

  take(): Bytes | undefined {
    if (!this.mayRepeat()) return undefined;
    const copy = ++this.#copy;
    return this.#replay(() => copy === this.#copy);
  }

  #replay(wanted: () => boolean): Bytes {
    let position = 0;
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const there = await this.#record.reach(position);
        if (!wanted()) return;
        if (there) controller.enqueue(this.#record.piece(position++));
        else controller.close();
      },
    });
  }

  mayRepeat(): boolean {
    return this.#record.isWhole;
  }

  async whole(): Promise<Bytes | undefined> {
    await this.#record.passed;
    return this.mayRepeat() ? this.#replay(() => true) : undefined;
  }

  release(): void {}
}

/** Known to be too long: recorded until it is too much, then the rest goes at the runtime's own speed. Never mirrored. */
class Long implements ReplayableBody {
  readonly #body: Bytes;
  readonly #length: number;
  readonly #record: Record;
  #copy = 0;

  constructor(body: Bytes, length: number) {
    this.#body = body;
    this.#length = length;
    this.#record = new Record(body);
  }

  take(): Bytes | undefined {
    if (!this.mayRepeat()) return undefined;
    const { readable, writable } = new FixedLengthStream(this.#length);
    // A try that fails cancels its copy, whose writing then fails; a client that goes leaves the length unfulfilled.
    this.#write(writable, ++this.#copy).catch(() => {});
    return readable;
  }

  async #write(writable: WritableStream<Uint8Array>, copy: number): Promise<void> {
    const writer = writable.getWriter();
    for (let position = 0; this.#record.isWhole || this.#record.has(position); position++) {
      const there = await this.#record.reach(position);
      if (copy !== this.#copy) return;
      if (!there) return writer.close();
      await writer.write(this.#record.piece(position));
    }
    writer.releaseLock();
    this.#record.leave();
    await this.#body.pipeTo(writable);
  }

  mayRepeat(): boolean {
    return this.#record.isWhole;
  }

  async whole(): Promise<undefined> {
    return undefined;
  }

  release(): void {}
}
