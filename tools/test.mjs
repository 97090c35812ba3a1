// Runs the test files of one suite on the packaged Node: `unit` is everything named *.test.ts, `peers` everything named *.peers.ts.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const suffix = process.argv[2] === 'peers' ? 'peers' : 'test';
const only = process.argv.slice(3);
const roots = ['cli', 'control-api', 'gateway', 'sdk', 'test', 'tools', 'bench'];
const files = roots
  .filter((root) => existsSync(root))
  .flatMap((root) => readdirSync(root, { recursive: true }).map((file) => `${root}/${file}`))
  .filter((file) => file.endsWith(`.${suffix}.ts`) && !/node_modules|sdk\/templates/.test(file))
  .filter((file) => only.length === 0 || only.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no *.${suffix}.ts file matches ${only.join(' ')}`);
  process.exit(1);
}
const node = 'node_modules/node/bin/node';
const args = ['--disable-warning=ExperimentalWarning', '--test', '--test-concurrency=2'];
const result = spawnSync(node, [...args, ...files], { stdio: 'inherit' });
process.exit(result.status ?? 1);
