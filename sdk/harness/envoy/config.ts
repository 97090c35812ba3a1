/** The configuration of an Envoy that runs one filter in front of a fake upstream. */

export interface EnvoySetup {
  wasm: string;
  configuration: string;
  name: string;
  rootId: string;
  env: Readonly<Record<string, string>>;
  failStrategy: string;
  listen: number;
  /** Port by cluster; `upstream` is where the route goes. A port of 0 refuses connections. */
  clusters: Readonly<Record<string, number>>;
}

const TYPE = 'type.googleapis.com/envoy.extensions.filters';

export function envoyConfig(setup: EnvoySetup): object {
  return {
    static_resources: {
      listeners: [listener(setup)],
      clusters: Object.entries(setup.clusters).map(([name, port]) => cluster(name, port)),
    },
  };
}

function listener(setup: EnvoySetup): object {
  const route = { name: 'route', match: { prefix: '/' }, route: { cluster: 'upstream', timeout: '15s' } };
  const manager = {
    '@type': `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'test',
    // What a test did not send, the upstream is not to see.
    generate_request_id: false,
    preserve_external_request_id: true,
    route_config: { name: 'routes', virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    http_filters: [
      wasmFilter(setup),
      { name: 'router', typed_config: { '@type': `${TYPE}.http.router.v3.Router`, suppress_envoy_headers: true } },
    ],
  };
  const filters = [{ name: 'http', typed_config: manager }];
  return { address: address(setup.listen), filter_chains: [{ filters }] };
}

function wasmFilter({ wasm, configuration, name, rootId, env, failStrategy }: EnvoySetup): object {
  const config = {
    name,
    root_id: rootId,
    failure_policy: failStrategy,
    ...(configuration && {
      configuration: { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: configuration },
    }),
    vm_config: {
      runtime: 'envoy.wasm.runtime.v8',
      code: { local: { filename: wasm } },
      environment_variables: { key_values: env },
    },
  };
  return { name: 'wasm', typed_config: { '@type': `${TYPE}.http.wasm.v3.Wasm`, config } };
}

function cluster(name: string, port: number): object {
  const endpoint = { endpoint: { address: address(port) } };
  return {
    name,
    connect_timeout: '2s',
    type: 'STATIC',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [endpoint] }] },
  };
}

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
