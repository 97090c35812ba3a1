/** Folders for what lives as long as one `serve`: keys and configurations, in the system's temporary directory. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
