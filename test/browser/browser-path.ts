/** The system's Chromium: tools/peers.sh installs it. */
import { spawnSync } from 'node:child_process';

/** Throws when there is none: a peers' suite never skips. */
export function browserPath(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const { status, stdout } = spawnSync('which', [name], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  throw new Error('chromium is needed on PATH');
}
