/** Standard input as a text, however slowly whoever writes it does so. */
import { readSync } from 'node:fs';

const PAUSE_MS = 5;

/** Waits for the end. A pipe that Node has touched may not block: then there is nothing for now, and readFileSync would fail. */
export function readStandardInput(): string {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(65_536);
    const length = readPiece(piece);
    if (length === 0) return Buffer.concat(pieces).toString('utf8');
    pieces.push(piece.subarray(0, length));
  }
}

function readPiece(piece: Buffer): number {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return readSync(0, piece);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(clock, 0, 0, PAUSE_MS);
    }
  }
}
