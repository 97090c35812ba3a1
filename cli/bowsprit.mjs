#!/usr/bin/env node
// The launcher: runs main.ts on a Node that can run TypeScript. The caller's will do if it is new enough, which it is under npx and npm scripts;
// else the one that came with the package is started.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import './types.mjs';

const OLDEST = 24;

if (Number(process.versions.node.split('.')[0]) >= OLDEST) await import('./main.ts');
else launch();

function launch() {
  const node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts');
  const types = new URL('types.mjs', import.meta.url).href;
  const args = ['--disable-warning=ExperimentalWarning', '--import', types, main, ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}
