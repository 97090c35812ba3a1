/** Envoy with the same filters and the same answer of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envoyConfig } from '../../sdk/harness/envoy/config.ts';
import { type RunningEnvoy, startEnvoy } from '../../test/support/envoy.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Case, Wasm } from './cases.ts';

interface WasmFilter {
  name: string;
  typed_config: { config: { name: string } };
}
interface Manager {
  http_filters: object[];
  route_config: { virtual_hosts: { routes: object[] }[] };
}
interface Listener {
  filter_chains: { filters: { typed_config: Manager }[] }[];
}

/** One worker thread, one listener a case. `folder` is where the modules are put. */
export async function startEnvoyWith(
  cases: readonly Case[],
  modules: Readonly<Record<string, Wasm>>,
  folder: string,
): Promise<RunningEnvoy & { ports: number[] }> {
  for (const [name, wasm] of Object.entries(modules)) writeFileSync(join(folder, `${name}.wasm`), wasm);
  const ports = await Promise.all(cases.map(() => freePort()));
  const listeners = cases.map(({ filters }, index) => listenerOf(filters, folder, ports[index]!));
  return { ...(await startEnvoy({ listeners })), ports };
}

/** The harness's listener for one filter, with as many as are wanted and an answer instead of an upstream. */
function listenerOf(filters: readonly string[], folder: string, listen: number): object {
  const listener = generated('', folder, listen);
  const manager = managerOf(listener);
  const wasm = filters.map((module, at) => named(managerOf(generated(module, folder, listen)).http_filters[0]!, at));
  const direct = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } };
  manager.route_config.virtual_hosts[0]!.routes = [direct];
  manager.http_filters.splice(0, 1, ...wasm);
  return listener;
}

function generated(module: string, folder: string, listen: number): Listener {
  const common = { configuration: '', rootId: '', env: {}, failStrategy: 'FAIL_CLOSED', clusters: {} };
  const config = envoyConfig({ ...common, name: module, wasm: join(folder, `${module}.wasm`), listen });
  return (config as { static_resources: { listeners: [Listener] } }).static_resources.listeners[0];
}

function managerOf(listener: Listener): Manager {
  return listener.filter_chains[0]!.filters[0]!.typed_config;
}

function named(filter: object, at: number): WasmFilter {
  const { config, ...rest } = (filter as WasmFilter).typed_config;
  return { name: `wasm-${at}`, typed_config: { ...rest, config: { ...config, name: `bench-${at}` } } };
}
