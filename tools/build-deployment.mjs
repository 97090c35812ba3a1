// wrangler's build step: the deployment of config/.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('node', ['cli/bowsprit.mjs', 'deploy', '--build-only'], { stdio: 'inherit' });
process.exitCode = status ?? 1;
