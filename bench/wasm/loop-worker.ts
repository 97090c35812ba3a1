/**
 * The gateway's Worker with one way in more: a request for `/loop?count=…` serves that many requests within this isolate,
 * without sockets and parsers between them, so that what a filter costs does not drown in what a connection costs.
 * Answers with the bytes of linear memory that the filters then have.
 */
import type { GatewayEnv, SocketProps } from '../../gateway/bindings.ts';
import { gatewayOf } from '../../gateway/snapshot-source.ts';
import { pluginFor } from '../../gateway/wasm/registry.ts';
import { serve } from '../../gateway/worker.ts';

export { registerModules } from '../../gateway/worker.ts';

const HEADERS = {
  accept: 'text/html,application/xhtml+xml',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en-US,en;q=0.9',
  cookie: 'session=0123456789abcdef; theme=dark',
  host: 'bench.example',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
};

export default {
  async fetch(request: Request, env: GatewayEnv, context: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const gateway = gatewayOf(env);
    if (pathname !== '/loop') return serve(request, env, context, gateway);
    const like = new Request('http://bench.example/a/path', { headers: HEADERS });
    const count = Number(searchParams.get('count'));
    for (let i = 0; i < count; i++) {
      const { status } = await serve(like, env, context, gateway);
      if (status !== 200) return new Response(`a filter answered ${status}`, { status: 500 });
    }
    return new Response(String(linearMemory(env, context.props as SocketProps)));
  },
};

function linearMemory({ SNAPSHOT }: GatewayEnv, { port }: SocketProps): number {
  const filters = SNAPSHOT.listeners.find((listener) => listener.port === port)?.httpFilters ?? [];
  const bindings = filters.map(({ config }) => config).filter((config) => config.kind === 'wasm');
  return bindings.reduce((sum, binding) => sum + (pluginFor(binding).vm?.memory.size ?? 0), 0);
}
