/** `bowsprit ratelimit check FILE…`: what envoyproxy/ratelimit would say about its configuration files, and where. */
import { readFileSync } from 'node:fs';
import { LimitConfigError } from '../../control-api/compile/ratelimit/error.ts';
import { type LimitFile, loadLimits } from '../../control-api/compile/ratelimit/load.ts';
import type { LimitDomain } from '../../gateway/snapshot.ts';
import { EXIT } from '../exit.ts';

export type Checked =
  | { ok: true; domains: Record<string, LimitDomain> }
  | { ok: false; error: string; file: string; line: number; column: number };

/** Loads the files as the service would; never throws for bad content. */
export function checkLimits(files: readonly LimitFile[], mergeDomains: boolean): Checked {
  try {
    return { ok: true, domains: loadLimits(files, mergeDomains) };
  } catch (error) {
    if (!(error instanceof LimitConfigError)) throw error;
    return { ok: false, error: error.message, ...error.place };
  }
}

/** @throws the file system's error for a file that cannot be read. */
export function readLimitFiles(paths: readonly string[]): LimitFile[] {
  return paths.map((name) => ({ name, content: readFileSync(name, 'utf8') }));
}

/** Runs the command and returns its exit code. */
export function runCheck(paths: readonly string[], options: { output?: string; mergeDomains: boolean }): number {
  let files: LimitFile[];
  try {
    files = readLimitFiles(paths);
  } catch (error) {
    console.error(`cannot read: ${(error as Error).message}`);
    return EXIT.unreadable;
  }
  const checked = checkLimits(files, options.mergeDomains);
  if (options.output === 'json') console.log(JSON.stringify(asJson(checked)));
  else if (checked.ok) console.log(`all rate limit configs ok (${Object.keys(checked.domains).join(', ')})`);
  else console.error(`${checked.error}\n  at ${checked.file}:${checked.line}:${checked.column}`);
  return checked.ok ? EXIT.fine : EXIT.findings;
}

function asJson(checked: Checked): Record<string, unknown> {
  return checked.ok ? { ok: true, domains: Object.keys(checked.domains) } : checked;
}
