/** A Worker that shows what `serve` hands it; stands in for the gateway where a test is about processes and sockets. */
import type { GatewayEnv, SocketCf, SocketProps } from '../../gateway/bindings.ts';
import { gatewayOf } from '../../gateway/snapshot-source.ts';

export { admin } from '../../gateway/admin.ts';

/** The counters' half of the state process, as far as this Worker asks it. */
interface State {
  usage(prefix: string, now: number, most: number): Promise<unknown[]>;
}

/** A WebSocket that says everything again. */
function echoSocket(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener('message', ({ data }) => server.send(data));
  return new Response(null, { status: 101, webSocket: client });
}

export default {
  async fetch(request: Request, env: GatewayEnv, context: { props: SocketProps }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/up') {
      const upstream = env[searchParams.get('endpoint') ?? ''] as { fetch: typeof fetch };
      return upstream.fetch('http://reviews.example.com/x?y=1');
    }
    if (pathname === '/loop') for (;;);
    if (pathname === '/socket') return echoSocket();
    if (pathname === '/body') return new Response(request.body, { headers: { 'content-type': 'text/plain' } });
    if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get('ms'))));
    if (pathname === '/state') return Response.json(await (env.STATE as State).usage('', Date.now(), 10));
    const { clientIp, tlsClientAuth } = (request.cf ?? {}) as SocketCf;
    return Response.json({ props: context.props, clientIp, tlsClientAuth, snapshot: gatewayOf(env).snapshot.id });
  },
};
