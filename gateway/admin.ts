/** The entrypoint for whoever runs this process: a new Snapshot in, metrics out; reachable on a socket of their own only. */
import { limitStats } from './ratelimit/snapshot-limiter.ts';
import type { Snapshot } from './snapshot.ts';
import { publish } from './snapshot-source.ts';
import { renderMetrics } from './telemetry/prometheus.ts';

export const admin = {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/stats/prometheus') return new Response(renderMetrics() + limitStats.prometheus());
    if (request.method !== 'PUT' || pathname !== '/snapshot') return new Response(null, { status: 404 });
    publish((await request.json()) as Snapshot);
    return new Response(null, { status: 204 });
  },
};
