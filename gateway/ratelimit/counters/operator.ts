/** What operators may ask of the counters over HTTP, the same at every place that offers it. */
import type { CounterOperations, CounterUsage } from './protocol.ts';

const MOST = 100;

/**
 * GET `?prefix=&most=` shows the open windows, the highest counts first (most: 100 unless told); DELETE `?name=` sets the
 * open windows of one counter back to zero and shows what they were. `now` (unix seconds) stands in for the clock.
 */
export async function answerOperator(request: Request, counters: CounterOperations): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const now = Number(query.get('now') ?? Math.floor(Date.now() / 1000));
  const name = query.get('name') ?? '';
  if (request.method === 'GET') {
    return shown(await counters.usage(query.get('prefix') ?? name, now, Number(query.get('most') ?? MOST)));
  }
  if (request.method !== 'DELETE' || name === '') return new Response('DELETE /counters?name=…\n', { status: 400 });
  return shown(await counters.reset(name, now));
}

function shown(rows: CounterUsage[]): Response {
  return Response.json(rows.map(({ name, start, ends, count, limit }) => ({ name, start, ends, count, limit })));
}
