/** Envoy's configuration for the same routes, with the connection manager set as Istio sets a gateway's. */
import type { VirtualHost } from '../gateway/snapshot.ts';
import { envoyVirtualHost } from '../test/support/envoy-routes.ts';

const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

export function envoyConfiguration(virtualHosts: readonly VirtualHost[], port: number, upstream: number): unknown {
  const manager = {
    '@type': HCM,
    stat_prefix: 'http',
    use_remote_address: true,
    normalize_path: true,
    server_name: 'istio-envoy',
    route_config: { name: 'http.80', virtual_hosts: virtualHosts.map(envoyVirtualHost) },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER } }],
  };
  const filter = { name: 'envoy.filters.network.http_connection_manager', typed_config: manager };
  const endpoint = { lb_endpoints: [{ endpoint: { address: address(upstream) } }] };
  const cluster = { name: 'up', type: 'STATIC', load_assignment: { cluster_name: 'up', endpoints: [endpoint] } };
  return {
    static_resources: {
      listeners: [{ name: 'l', address: address(port), filter_chains: [{ filters: [filter] }] }],
      clusters: [cluster],
    },
  };
}
