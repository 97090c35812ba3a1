/** A real Envoy with the HTTP filters of a test in front of one upstream. */
import { httpListener, startEnvoy, staticCluster } from './envoy.ts';
import { freePort } from './free-port.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.filters';
const EVERYTHING = { match: { prefix: '/' }, route: { cluster: 'up' } };

export interface FilterEnvoy {
  port: number;
  stop(): void;
}

/**
 * @param filters typed configurations without their `@type` prefix, e.g. `{'@type': 'http.rbac.v3.RBAC', …}`.
 * @param settings further fields of the connection manager.
 */
export async function startFilterEnvoy(
  filters: Record<string, unknown>[],
  upstreamPort: number,
  settings: Record<string, unknown> = {},
): Promise<FilterEnvoy> {
  const port = await freePort();
  const typed = filters.map((filter, index) => ({
    name: `filter-${index}`,
    typed_config: { ...filter, '@type': `${TYPE}.${String(filter['@type'])}` },
  }));
  // Else each refusal that closes the connection takes a second.
  const manager = { normalize_path: true, delayed_close_timeout: '0s', ...settings };
  const listener = httpListener(port, [EVERYTHING], typed, manager);
  const clusters = [staticCluster('up', [{ port: upstreamPort }], {})];
  const { stop } = await startEnvoy({ listeners: [listener], clusters });
  return { port, stop };
}
