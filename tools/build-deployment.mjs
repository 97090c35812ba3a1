// wrangler's build step: the deployment of config/, unless `bowsprit deploy` has just built another one.
import { spawnSync } from 'node:child_process';

if (!process.env.BOWSPRIT_BUILT) {
  const { status } = spawnSync('node', ['cli/bowsprit.mjs', 'deploy', '--build-only'], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
