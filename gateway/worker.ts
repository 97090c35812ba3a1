/** The Worker's entry: one request's way, from the listener to the answer. */
export { admin } from './admin.ts';

import type { GatewayEnv, SocketProps } from './bindings.ts';
import { walk } from './chain.ts';
import type { Gateway } from './gateway.ts';
import { respond } from './listener/answer.ts';
import { HttpExchange } from './listener/http-exchange.ts';
import { answerLocally } from './listener/local-reply.ts';
import { refuse } from './listener/refuse.ts';
import { gatewayOf } from './snapshot-source.ts';

import './wasm/prometheus.ts';

export { registerModules } from './wasm/registry.ts';

export default {
  fetch(request: Request, env: GatewayEnv, context: ExecutionContext): Promise<Response> {
    return serve(request, env, context, gatewayOf(env));
  },
};

/** One request's way through `gateway`; `env` holds the bindings of that gateway's Snapshot. */
export async function serve(
  request: Request,
  env: GatewayEnv,
  context: ExecutionContext,
  gateway: Gateway,
): Promise<Response> {
  const props = context.props as SocketProps;
  const entry = gateway.listener(props.port);
  if (entry === undefined) return new Response(null, { status: 404 });

  const { table, tls } = entry.server(props.server);
  const exchange = new HttpExchange(request, env, context, entry, tls);
  const refusal = refuse(exchange);
  if (refusal !== undefined) answerLocally(exchange, refusal);
  else
    await walk(exchange, table.choose(exchange), {
      reroute: () => table.choose(exchange),
      reply: (reply) => answerLocally(exchange, reply),
    });
  exchange.filters?.endAnswered();
  const response = respond(exchange);
  gateway.report(exchange);
  return response;
}
