/** The beginning of a body as it passes, kept as long as it is short enough to be sent again. */

/**
 * How much of a body is kept for sending it again; Envoy's buffer limit as Istio leaves it. docs/traffic.md has it for
 * users.
 */
export const REPLAY_LIMIT = 1024 * 1024;

type Bytes = ReadableStream<Uint8Array>;

export class Record {
  /** Resolved when all has been read that will be. */
  readonly passed: Promise<void>;
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  readonly #ending: () => void;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;
  #ended = false;
  #broken = false;
  /** Of a native stream only one read may be under way: a try that has failed may have left one behind. */
  #reading: Promise<void> | undefined;

  constructor(body: Bytes) {
    this.#source = body.getReader();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.passed = promise;
    this.#ending = resolve;
  }

  /** Whether everything that was read is still there: it was not too much, and the client has not gone in the middle of it. */
  get isWhole(): boolean {
    return this.#size <= REPLAY_LIMIT && !this.#broken;
  }

  /** Reads until there is a piece number `position`; false when the body ends before. Rejects when its client goes. */
  async reach(position: number): Promise<boolean> {
    while (position >= this.#pieces.length && !this.#ended) {
      this.#reading ??= this.#read();
      await this.#reading;
      this.#reading = undefined;
    }
    return this.has(position);
  }

  has(position: number): boolean {
    return position < this.#pieces.length;
  }

  /** To be given away: the runtime takes the bytes with the chunk, so what is kept has to be a copy. */
  piece(position: number): Uint8Array {
    const piece = this.#pieces[position]!;
    this.#pieces[position] = this.isWhole ? piece.slice() : NOTHING;
    return piece;
  }

  /** Lets go of the source, for somebody else to read on. */
  leave(): void {
    this.#source.releaseLock();
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#source.read();
      this.#ended = done;
      if (value !== undefined) {
        this.#pieces.push(value);
        this.#size += value.length;
      }
    } catch (error) {
      this.#broken = true;
      throw error;
    } finally {
      if (this.#ended || !this.isWhole) this.#ending();
    }
  }
}

const NOTHING = new Uint8Array();
