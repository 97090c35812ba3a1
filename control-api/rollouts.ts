/**
 * What gateway Workers ask, over a service binding: they tell how a staged Snapshot's answers were. Nobody else reaches this
 * entrypoint, and it gives away nothing but a percentage.
 */
import type { ServedCount } from '../gateway/served-count.ts';
import type { ControlEnv } from './store/control-store.ts';

export const Rollouts = {
  /** `POST /SNAPSHOT` with what was answered since the last call; `{percent}` of the requests that the Snapshot gets from now on. */
  async fetch(request: Request, env: ControlEnv): Promise<Response> {
    if (request.method !== 'POST') return new Response('not found', { status: 404 });
    const id = new URL(request.url).pathname.slice(1);
    const counts = (await request.json()) as ServedCount[];
    return Response.json({ percent: await env.CONTROL.getByName('control').shared(id, counts) });
  },
};
