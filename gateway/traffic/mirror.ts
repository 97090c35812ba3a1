/** Mirrored requests: copies of what goes upstream, after rewriting, whose answers nobody waits for. */
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { ForwardAction, Mirror, Snapshot } from '../snapshot.ts';
import { foldAssertion, type Sign } from '../upstream/assertion.ts';
import type { Balancer } from '../upstream/balance/balancer.ts';
import { balancerOf } from '../upstream/balance/registry.ts';
import { chooseHost } from '../upstream/choose-host.ts';
import { limitTry } from '../upstream/limit-try.ts';
import { foldMeshHeaders, leaveMesh } from '../upstream/mesh-headers.ts';
import { send } from '../upstream/send.ts';
import { share } from './percent.ts';
import type { ReplayableBody } from './replay.ts';

/** Sends this request's mirrors. A body that is too long to be kept is not mirrored (REPLAY_LIMIT). */
export type FoldedMirrors = (exchange: HttpExchange, body: ReplayableBody) => void;

export function foldMirrors(snapshot: Snapshot, { mirrors, timeoutMs }: ForwardAction): FoldedMirrors | undefined {
  const folded = (mirrors ?? []).flatMap((mirror): FoldedMirror[] => {
    const cluster = snapshot.clusters[mirror.cluster];
    if (cluster === undefined || mirror.percentage <= 0) return [];
    return [
      {
        balancer: balancerOf(cluster),
        address: foldMeshHeaders(cluster),
        sign: foldAssertion(cluster),
        fires: share(mirror.percentage),
        mirror,
      },
    ];
  });
  if (folded.length === 0) return undefined;
  const limit = timeoutMs > 0 ? timeoutMs : Number.POSITIVE_INFINITY;
  return (exchange, body) => {
    for (const one of folded) if (one.fires()) exchange.waitUntil(sendMirror(exchange, one, body, limit));
  };
}

interface FoldedMirror {
  balancer: Balancer;
  /** Names the destination to the mesh entry, where the mirror lies behind it. */
  address: ReturnType<typeof foldMeshHeaders>;
  sign: Sign | undefined;
  fires(): boolean;
  mirror: Mirror;
}

const mainIsInMesh = ({ snapshot, upstream }: HttpExchange): boolean =>
  snapshot.clusters[upstream.cluster ?? '']?.resolution === 'MESH';

async function sendMirror(
  exchange: HttpExchange,
  { balancer, address, sign, mirror: { shadowSuffix } }: FoldedMirror,
  body: ReplayableBody,
  limit: number,
): Promise<void> {
  const authority = shadowSuffix ? withSuffix(exchange.authority) : exchange.authority;
  const { request, method, env, path } = exchange;
  // The headers are copied, because the request's own tries go on changing them.
  const requestHeaders = new CopyOnWriteHeaders(new Headers(exchange.requestHeaders.headers()), true);
  requestHeaders.set('x-envoy-internal', 'true');
  if (mainIsInMesh(exchange)) leaveMesh(requestHeaders);
  address?.({ requestHeaders, clientAddress: exchange.clientAddress });
  await sign?.({ requestHeaders, env });
  const copy = await body.whole();
  const host = chooseHost(balancer, exchange.env);
  if (host === undefined || copy === undefined) return;
  const timer = limitTry(limit, Number.POSITIVE_INFINITY, host.endpoint);
  const outgoing = { request, method, env, authority, path, requestHeaders, body: copy };
  const answer = await send(outgoing, balancer.cluster, host, timer.signal);
  if (answer instanceof Response) await answer.body?.pipeTo(new WritableStream()).catch(() => {});
  timer.cancel();
}

/** `host:port` becomes `host-shadow:port`. */
function withSuffix(authority: string): string {
  const [, host = authority, port = ''] = /^(.*?)(:\d+)?$/.exec(authority) ?? [];
  return `${host}-shadow${port}`;
}
