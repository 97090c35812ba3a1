/** A Worker that shows what `serve` hands it; stands in for the gateway where a test is about processes and sockets. */
import type { GatewayEnv, SocketCf, SocketProps } from '../../gateway/bindings.ts';

export default {
  async fetch(request: Request, env: GatewayEnv, context: { props: SocketProps }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/up') {
      const upstream = env[searchParams.get('endpoint') ?? ''] as { fetch: typeof fetch };
      return upstream.fetch('http://reviews.example.com/x?y=1');
    }
    if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get('ms'))));
    const { clientIp } = (request.cf ?? {}) as SocketCf;
    return Response.json({ props: context.props, clientIp, snapshot: env.SNAPSHOT.id });
  },
};
