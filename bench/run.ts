/**
 * `npm run bench [-- routes|latency|instructions] [sizes…]`: server CPU a request of our gateway beside a bare pass-through Worker,
 * the floor and Envoy, in one run on one machine; latency at fixed arrival rates; and instructions a request. Prints the tables of docs/performance.md.
 */
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { instructionsTable } from './instructions.ts';
import { latencyTable } from './latency.ts';
import { routesTable } from './routes.ts';

const [what = 'all', ...sizes] = process.argv.slice(2);
const upstream = spawn(process.execPath, [join(import.meta.dirname, 'upstream.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const port = await new Promise<number>((resolve) => upstream.stdout.once('data', (line) => resolve(Number(line))));
try {
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}\n`,
  );
  const numbers = sizes.length > 0 ? sizes.map(Number) : undefined;
  if (what === 'routes' || what === 'all') console.log(await routesTable(port, numbers));
  if (what === 'latency' || what === 'all') console.log(await latencyTable(port));
  if (what === 'instructions') console.log(await instructionsTable(port, numbers));
} finally {
  upstream.kill();
}
