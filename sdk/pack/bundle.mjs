// Before npm packs the SDK: the harness and the build as plain JavaScript, because Node does not strip types inside node_modules.
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;

await build({
  absWorkingDir: root,
  entryPoints: { harness: 'harness/index.ts', build: 'build/compile.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['assemblyscript', 'cloudflare:*'],
  logLevel: 'warning',
});
