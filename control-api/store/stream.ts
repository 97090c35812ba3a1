/** What becomes live, as lines of a stream that stays open. */
import type { Publisher } from './publisher.ts';
import type { Publication, Snapshots } from './snapshots.ts';

/** A quiet stream tells by an empty line that it is still there, so that a broken one is noticed. */
const HEARTBEAT_MS = 10_000;

/** The publication that is live now, then each move of the pointer, as JSON lines. */
export function publicationStream(snapshots: Snapshots, publisher: Publisher): Response {
  return lines(snapshots, publisher, (publication) => JSON.stringify(publication));
}

/** The same for gateways, which want the Snapshot's id alone. */
export function idStream(snapshots: Snapshots, publisher: Publisher): Response {
  return lines(snapshots, publisher, ({ snapshot }) => snapshot, true);
}

function lines(
  snapshots: Snapshots,
  publisher: Publisher,
  lineOf: (publication: Publication) => string,
  isGateway = false,
): Response {
  const encoder = new TextEncoder();
  let stop = () => {};
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (line: string) => controller.enqueue(encoder.encode(`${line}\n`));
      const { current } = snapshots;
      if (current) send(lineOf(current));
      const unfollow = publisher.follow((publication) => send(lineOf(publication)), isGateway);
      const heartbeat = setInterval(() => send(''), HEARTBEAT_MS);
      stop = () => {
        unfollow();
        clearInterval(heartbeat);
      };
    },
    cancel: () => stop(),
  });
  return new Response(stream, { headers: { 'content-type': 'application/json', 'content-encoding': 'identity' } });
}
