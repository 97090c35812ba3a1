/** What becomes live, as lines of a stream that stays open. */
import type { Publisher } from './publisher.ts';
import type { Snapshots } from './snapshots.ts';

/** A quiet stream tells by an empty line that it is still there, so that a broken one is noticed. */
const HEARTBEAT_MS = 10_000;

/** Stands for "modules are wanted" in a gateway's stream; no Snapshot is called so. */
export const MODULES_WANTED = '?';

/** Stands for "nobody gets the candidate any more". */
export const STAGING_ENDS = '~';

/** The publication that is live now, then each move of the pointer, as JSON lines. */
export function publicationStream(snapshots: Snapshots, publisher: Publisher): Response {
  return lines((send) => {
    if (snapshots.current) send(JSON.stringify(snapshots.current));
    return publisher.follow({ moved: (publication) => send(JSON.stringify(publication)) });
  });
}

/** For whoever runs the gateways: the id of each Snapshot that is to be served (with a percentage: to some), MODULES_WANTED and STAGING_ENDS. */
export function gatewayStream(snapshots: Snapshots, publisher: Publisher): Response {
  return lines((send) => {
    if (publisher.wantedModules.length > 0) send(MODULES_WANTED);
    else if (snapshots.current) send(snapshots.current.snapshot);
    return publisher.follow({
      moved: ({ snapshot }) => send(snapshot),
      wants: () => send(MODULES_WANTED),
      again: send,
      staged: (id, percent) => send(id === undefined ? STAGING_ENDS : `${id} ${percent}`),
    });
  });
}

function lines(begin: (send: (line: string) => void) => () => void): Response {
  const encoder = new TextEncoder();
  let stop = () => {};
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (line: string) => controller.enqueue(encoder.encode(`${line}\n`));
      const unfollow = begin(send);
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
