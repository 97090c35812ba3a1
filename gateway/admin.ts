/** The entrypoint for whoever runs this process: a new Snapshot in, for all requests or for some, metrics out; reachable on a socket of their own only. */
import { limitStats } from './ratelimit/snapshot-limiter.ts';
import type { Snapshot } from './snapshot.ts';
import { publish, served, stage, unstage } from './snapshot-source.ts';
import { renderMetrics } from './telemetry/prometheus.ts';

export const admin = {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/stats/prometheus') return new Response(renderMetrics() + limitStats.prometheus());
    if (pathname === '/ping') return new Response(null, { status: 204 });
    if (pathname === '/served') return Response.json(served());
    const percent = Number(searchParams.get('percent'));
    if (request.method === 'DELETE' && pathname === '/candidate') unstage();
    else if (request.method === 'PUT' && pathname === '/candidate') stage((await request.json()) as Snapshot, percent);
    else if (request.method === 'PUT' && pathname === '/snapshot') publish((await request.json()) as Snapshot);
    else return new Response(null, { status: 404 });
    return new Response(null, { status: 204 });
  },
};
