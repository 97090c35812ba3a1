/** Where wrangler is, which knows Cloudflare: a program of its own, run as it is. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A script for this Node. */
export const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
  'bin/wrangler.js',
);

/** The configuration that it runs with when none is named. */
export const WRANGLER_CONFIG = join(import.meta.dirname, '../../wrangler.toml');

export function wranglerEnv(): NodeJS.ProcessEnv {
  return { ...process.env, WRANGLER_SEND_METRICS: 'false' };
}
