/**
 * A body on its way through one filter, piece by piece: pulls from the source, hands each piece to the filter, and gives
 * on what the filter lets go. Nothing is read ahead unless the filter has paused the stream.
 */
import { DataAction } from './abi.ts';
import { BodyBuffer } from './body-buffer.ts';
import type { FilterStream } from './filter-stream.ts';
import type { Direction } from './host.ts';

/** Envoy's per_connection_buffer_limit_bytes: how much a filter can make the gateway hold back of one body. */
export const BUFFER_LIMIT = 1024 * 1024;

export interface BodySource {
  /** `last`: nothing follows, not even an empty end. undefined: the end. */
  read(): Promise<{ data: Uint8Array; last: boolean } | undefined>;
  cancel(reason: unknown): void;
}

/** The filter has let a body grow over the limit while it held it back. */
export class BodyTooLarge extends Error {}

/** What has arrived already is there before the next turn of the event loop. */
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const EMPTY = new Uint8Array(0);

export class BodyFlow {
  readonly #direction: Direction;
  readonly #stream: FilterStream;
  readonly #source: BodySource;
  readonly #held = new BodyBuffer();
  #buffering = false;
  #ended = false;
  #reading: Promise<{ data: Uint8Array; last: boolean } | undefined> | undefined;
  /** What came in while the filter was paused in its headers callback. */
  readonly #arrived = new BodyBuffer();
  #arrivedAll = false;
  #prefetching: Promise<void> | undefined;

  constructor(direction: Direction, stream: FilterStream, source: BodySource) {
    this.#direction = direction;
    this.#stream = stream;
    this.#source = source;
  }

  /**
   * The next piece that goes on; undefined at the end, or when the filter has decided otherwise (see stream.outcome).
   * Throws BodyTooLarge, or what the source throws.
   */
  async next(): Promise<Uint8Array | undefined> {
    await this.#prefetching;
    while (!this.#stream.outcome) {
      const paused = this.#stream.isPaused(this.#direction);
      if (!paused && this.#held.length > 0) return this.#held.take();
      if (!paused && this.#ended) return undefined;
      if (this.#ended) await this.#stream.change();
      else await this.#step(paused);
    }
    this.#source.cancel(new Error('the filter ended the stream'));
    return undefined;
  }

  /** Everything has been read and given on. */
  get finished(): boolean {
    return this.#ended && this.#held.length === 0;
  }

  cancel(reason: unknown): void {
    this.#source.cancel(reason);
  }

  /**
   * Reads on while the filter is paused in its headers callback, so that it then sees at once all that has come in, with the
   * end, as in Envoy. To be called when the filter has paused; next() waits for it.
   */
  readWhilePaused(): void {
    this.#prefetching = this.#prefetch().catch(() => undefined);
  }

  async #prefetch(): Promise<void> {
    let paused = true;
    while (!this.#stream.outcome && !this.#arrivedAll && this.#arrived.length <= BUFFER_LIMIT) {
      const piece = await this.#readOr(paused ? this.#stream.change() : soon());
      if (piece === 'changed' && !paused) return;
      if (piece === 'changed') paused = this.#stream.isPaused(this.#direction);
      else {
        if (piece) this.#arrived.append(piece.data);
        this.#arrivedAll = !piece || piece.last;
      }
    }
  }

  async #step(paused: boolean): Promise<void> {
    if (this.#arrived.length > 0 || this.#arrivedAll) return this.#push(this.#arrived.take(), this.#arrivedAll);
    // While paused, a resume must not wait for the peer's next piece.
    const piece = await this.#readOr(paused ? this.#stream.change() : undefined);
    if (piece === 'changed') return;
    this.#push(piece?.data ?? EMPTY, !piece || piece.last);
  }

  async #readOr(
    change: Promise<void> | undefined,
  ): Promise<{ data: Uint8Array; last: boolean } | undefined | 'changed'> {
    this.#reading ??= this.#source.read();
    const first = change
      ? await Promise.race([this.#reading, change.then(() => 'changed' as const)])
      : await this.#reading;
    if (first !== 'changed') this.#reading = undefined;
    return first;
  }

  #push(data: Uint8Array, last: boolean): void {
    this.#ended = last;
    if (this.#buffering) {
      this.#held.append(data);
      this.#limit();
    }
    const piece = this.#buffering ? this.#held : new BodyBuffer(data);
    const action = this.#stream.data(this.#direction, piece, last);
    this.#buffering = action === DataAction.StopAndBuffer;
    if (piece !== this.#held && action !== DataAction.StopNoBuffer) this.#held.append(piece.take());
    if (this.#stream.isPaused(this.#direction)) this.#limit();
  }

  #limit(): void {
    if (this.#held.length > BUFFER_LIMIT) throw new BodyTooLarge();
  }
}

/** A source over a stream: like a connection, it tells of its end with an empty piece of its own. */
export function fromStream(stream: ReadableStream<Uint8Array>): BodySource {
  const reader = stream.getReader();
  return {
    read: async () => {
      const { done, value } = await reader.read();
      return done ? undefined : { data: value, last: false };
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => undefined),
  };
}

/** A body that is all there: one piece, the last. */
export function fromBytes(bytes: Uint8Array): BodySource {
  let given = false;
  return {
    read: () => {
      const piece = given ? undefined : { data: bytes, last: true };
      given = true;
      return Promise.resolve(piece);
    },
    cancel: () => undefined,
  };
}
