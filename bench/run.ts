/**
 * `npm run bench [-- routes|latency] [sizes…]`: server CPU a request of our gateway beside a bare pass-through Worker, the floor
 * and Envoy, in one run on one machine; and latency at fixed arrival rates. Prints the tables of docs/performance.md.
 */
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
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
  if (what !== 'latency') console.log(await routesTable(port, sizes.length > 0 ? sizes.map(Number) : undefined));
  if (what !== 'routes') console.log(await latencyTable(port));
} finally {
  upstream.kill();
}
