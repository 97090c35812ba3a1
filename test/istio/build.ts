/** Builds ./peer, once for each version of its sources. Run by itself it does so ahead of the suites, which have their own deadlines. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'peer');
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/bowsprit-istio');
/** With Go's caches cold two cores take five minutes. */
const PATIENCE_MS = 20 * 60_000;

/** The program. Throws where it cannot be built: a peers' suite never skips. */
export function builtPeer(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(SOURCE).sort()) hash.update(readFileSync(join(SOURCE, file)));
  const program = join(CACHE, hash.digest('hex').slice(0, 16));
  if (existsSync(program)) return program;
  mkdirSync(CACHE, { recursive: true });
  const args = ['build', '-ldflags=-s -w', '-o', program, '.'];
  try {
    execFileSync('go', args, { cwd: SOURCE, stdio: 'inherit', timeout: PATIENCE_MS });
  } catch (error) {
    throw new Error('Istio could not be built: Go 1.26 and a Go module proxy are needed', { cause: error });
  }
  return program;
}

if (import.meta.main) builtPeer();
