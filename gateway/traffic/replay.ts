/** A request body that may have to be sent more than once: for retries and mirrors. */

/**
 * How much of a body is kept for sending it again; Envoy's buffer limit as Istio leaves it. A longer body is sent once:
 * no retry, no mirror. docs/traffic.md has it for users.
 */
export const REPLAY_LIMIT = 1024 * 1024;

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
  return Number(length) <= REPLAY_LIMIT ? new Branching(body) : new Once(body);
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
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  readonly #passed = Promise.withResolvers<void>();
  #record: Uint8Array[] = [];
  #recorded = 0;
  #ended = false;

  constructor(body: Bytes) {
    this.#source = body.getReader();
  }

  take(): Bytes | undefined {
    if (!this.mayRepeat()) return undefined;
    let position = 0;
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (position >= this.#record.length && !(await this.#read())) return controller.close();
        const chunk = this.#record[position]!;
        // The runtime takes the bytes away with the chunk: what is kept has to be a copy.
        this.#record[position] = this.mayRepeat() ? chunk.slice() : NOTHING;
        controller.enqueue(chunk);
        position++;
      },
    });
  }

  mayRepeat(): boolean {
    return this.#recorded <= REPLAY_LIMIT;
  }

  async whole(): Promise<Bytes | undefined> {
    await this.#passed.promise;
    return this.take();
  }

  async #read(): Promise<boolean> {
    if (this.#ended) return false;
    const { done, value } = await this.#source.read();
    this.#ended = done;
    if (value !== undefined) {
      this.#record.push(value);
      this.#recorded += value.length;
    }
    if (done || !this.mayRepeat()) this.#passed.resolve();
    return !done;
  }

  release(): void {}
}

const NOTHING = new Uint8Array();
