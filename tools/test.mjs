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
// A test that waits for ever must fail while somebody is looking: a file has 10 minutes, the suite 25.
const args = ['--disable-warning=ExperimentalWarning', '--test', '--test-concurrency=2', '--test-timeout=600000'];
const result = spawnSync(node, [...args, ...files], { stdio: 'inherit', timeout: 1_500_000 });
process.exit(result.status ?? 1);
