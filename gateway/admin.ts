/** The entrypoint for whoever runs this process: a new Snapshot in, for all requests or for some, metrics out; reachable on a socket of their own only. */

import { COMPILER, type GatewayEnv, type ModuleCompiler } from './bindings.ts';
import { limitStats } from './ratelimit/snapshot-limiter.ts';
import { ReceivedShards } from './received.ts';
import { finishInSlices } from './sliced.ts';
import type { SnapshotHead } from './snapshot-shards.ts';
import { gatewayOf, publishWarm, served, snapshotsInUse, stage, unstage } from './snapshot-source.ts';
import { renderMetrics } from './telemetry/prometheus.ts';
import { takeTapped } from './telemetry/tap.ts';
import { keepFilters, registerModules } from './wasm/registry.ts';

const received = new ReceivedShards();
/** Of the Snapshots that came in pieces and are served: to all requests, and to some. */
const heads: { live?: SnapshotHead; candidate?: SnapshotHead } = {};

export const admin = {
  /**
   * `PUT /shards` and `PUT /modules/<SHA-256>` before `PUT /snapshot` (a head), or `PUT /candidate?percent=` (a head, for some
   * requests): 204 once requests are served with it, 409 with the keys of shards that are missing here. `DELETE /candidate`,
   * `GET /served`, `GET /tail` (tap.ts), `GET /stats/prometheus`, `GET /ping`; `PUT /warm` before the first request.
   */
  async fetch(request: Request, env: GatewayEnv): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case 'GET /stats/prometheus':
        return new Response(renderMetrics() + limitStats.prometheus());
      case 'GET /ping':
        return new Response(null, { status: 204 });
      case 'GET /served':
        return Response.json(served());
      case 'GET /tail':
        return new Response(takeTapped());
      case 'PUT /warm':
        await finishInSlices(gatewayOf(env).warm());
        return new Response(null, { status: 204 });
      case 'PUT /shards':
        await received.take(await request.text());
        return new Response(null, { status: 204 });
      case 'PUT /snapshot':
        return takeOver((await request.json()) as SnapshotHead);
      case 'PUT /candidate':
        return takeOver((await request.json()) as SnapshotHead, Number(searchParams.get('percent')));
      case 'DELETE /candidate':
        unstage();
        delete heads.candidate;
        return new Response(null, { status: 204 });
      default:
        return request.method === 'PUT' ? addModule(pathname, request, env) : new Response(null, { status: 404 });
    }
  },
};

/** `/modules/<SHA-256>`: compiled here, for a Snapshot that comes next. */
async function addModule(pathname: string, request: Request, env: GatewayEnv): Promise<Response> {
  const [, digest] = /^\/modules\/([0-9a-f]{64})$/.exec(pathname) ?? [];
  if (!digest) return new Response(null, { status: 404 });
  const compiler = env[COMPILER] as ModuleCompiler;
  registerModules({ [digest]: compiler.newWasmModule(await request.arrayBuffer()) });
  return new Response(null, { status: 204 });
}

async function takeOver(head: SnapshotHead, percent?: number): Promise<Response> {
  const missing = received.missing(head);
  if (missing.length > 0) return Response.json(missing, { status: 409 });
  const snapshot = await received.snapshot(head);
  if (percent === undefined) {
    const before = snapshotsInUse();
    await publishWarm(snapshot);
    // Filters that only the Snapshot before has stay once more: requests are still on their way through them.
    keepFilters([...before, ...snapshotsInUse()]);
    heads.live = head;
    delete heads.candidate;
  } else {
    await stage(snapshot, percent);
    heads.candidate = head;
  }
  received.keep(Object.values(heads));
  return new Response(null, { status: 204 });
}
