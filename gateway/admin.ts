/** The entrypoint for whoever runs this process: a new Snapshot in, nothing else; reachable on a socket of their own only. */
import type { Snapshot } from './snapshot.ts';
import { publish } from './snapshot-source.ts';

export const admin = {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== 'PUT' || new URL(request.url).pathname !== '/snapshot')
      return new Response(null, { status: 404 });
    publish((await request.json()) as Snapshot);
    return new Response(null, { status: 204 });
  },
};
