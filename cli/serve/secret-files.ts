/**
 * Private keys that workerd reads from files when it starts: they stand on the disk for that moment only, so that what is
 * encrypted at rest in the API's store does not lie open beside it.
 */
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class SecretFiles {
  readonly #folder: string;
  readonly #texts = new Map<string, string>();
  /** Processes that are starting. */
  #readers = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  add(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  /** Of names and contents. */
  get digest(): string {
    return createHash('sha256')
      .update(JSON.stringify([...this.#texts]))
      .digest('hex');
  }

  /** Has the files there while `start` has not settled. */
  async while(start: () => Promise<void>): Promise<void> {
    if (this.#readers++ === 0) {
      for (const [name, text] of this.#texts) writeFileSync(join(this.#folder, name), text, { mode: 0o600 });
    }
    try {
      await start();
    } finally {
      if (--this.#readers === 0)
        for (const name of this.#texts.keys()) rmSync(join(this.#folder, name), { force: true });
    }
  }
}
