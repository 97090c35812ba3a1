/** One file in a tar archive (POSIX ustar), and the files of one: as much as an image layer with a plugin needs. */

const BLOCK = 512;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The same bytes for the same content: no time, no owner. */
export function tarOf(name: string, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => header.set(encoder.encode(text), at);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  put(0, name);
  put(100, octal(0o644, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(content.length, 12));
  put(136, octal(0, 12));
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\x0000');
  put(
    148,
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
  );
  const archive = new Uint8Array(BLOCK + padded(content.length) + 2 * BLOCK);
  archive.set(header);
  archive.set(content, BLOCK);
  return archive;
}

/** Name and content of every regular file. Throws on an archive that is cut short. */
export function filesOf(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const text = (from: number, size: number) =>
      decoder.decode(archive.subarray(at + from, at + from + size)).split('\0', 1)[0] ?? '';
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    const type = text(156, 1);
    const end = at + BLOCK + size;
    if (!(end <= archive.length)) throw new Error('the archive is cut short');
    if (type === '0' || type === '') files.set(text(0, 100).replace(/^\.\//, ''), archive.slice(at + BLOCK, end));
    at += BLOCK + padded(size);
  }
  return files;
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;
