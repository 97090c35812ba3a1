/** Folders for what lives as long as one `serve`: keys and configurations, in the system's temporary directory. */
import {
  accessSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'bowsprit-run-';
const OWNER = 'pid';

/** A new folder, readable by its owner alone. Those of processes that were killed before they could clean up go first. */
export function makeRunFolder(parent = tmpdir()): string {
  for (const name of readdirSync(parent)) if (name.startsWith(PREFIX)) removeIfOrphaned(join(parent, name));
  const folder = mkdtempSync(join(parent, PREFIX));
  writeFileSync(join(folder, OWNER), String(process.pid));
  return folder;
}

/** Linux' file system in memory. Processes may die and start again on what they wrote there; the machine may not. */
const MEMORY = '/dev/shm';
/** A million counters take a third of it; a container's usual 64 MB would soon be full. */
const ENOUGH_BYTES = 2 ** 30;

/**
 * A new folder for databases that end with the command: in memory where there is room, because they are synced at each write
 * and nobody reads them after a power cut.
 */
export function makeScratchFolder(memory = MEMORY): string {
  return makeRunFolder(hasRoom(memory) ? memory : tmpdir());
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}

function removeIfOrphaned(folder: string): void {
  try {
    const owner = Number(readFileSync(join(folder, OWNER), 'utf8'));
    if (owner > 0 && !isAlive(owner)) rmSync(folder, { recursive: true, force: true });
  } catch {
    // Another user's, or one that is being made or removed just now.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
