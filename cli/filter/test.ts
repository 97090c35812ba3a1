/** `bowsprit filter test`: builds and runs the author's tests under Node's runner, with the SDK's harness. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommandError, EXIT } from '../exit.ts';
import { build } from './build.ts';

const RESOLVER = pathToFileURL(join(import.meta.dirname, 'resolve-sdk.mjs')).href;

export async function runTests(folder: string, { envoy }: { envoy?: boolean }): Promise<void> {
  const { project } = await build(folder);
  const tests = join(project.folder, 'test');
  const files = existsSync(tests)
    ? readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((file) => /\.test\.[cm]?[jt]s$/.test(file))
    : [];
  if (files.length === 0) throw new CommandError(`there is no test in ${tests}`, EXIT.failed);
  const args = ['--disable-warning=ExperimentalWarning', '--import', RESOLVER, '--test'];
  const { status } = spawnSync(process.execPath, [...args, ...files.map((file) => join('test', file))], {
    cwd: project.folder,
    stdio: 'inherit',
    env: { ...process.env, ...(envoy && { BOWSPRIT_FILTER_ENVOY: '1' }) },
  });
  process.exitCode = status ?? EXIT.failed;
}
