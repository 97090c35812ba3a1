/** Istio's ingress gateway serving one case after another: its own translation in a stock Envoy. */
import type { CapturedRequest, ConformanceCase } from '../conformance/case.ts';
import { gatewayPort } from '../conformance/case-gateway.ts';
import { type RunningEnvoy, startEnvoy } from '../support/envoy.ts';
import { IstioPeer, type Verdict } from './peer.ts';

/** The name by which rate limits know the proxy, and the flags that Istio's agent starts Envoy with. */
const BOOTSTRAP = {
  node: { id: 'istio-ingressgateway', cluster: 'istio-ingressgateway' },
  layered_runtime: {
    layers: [
      {
        name: 'istio',
        static_layer: {
          're2.max_program_size.error_level': 32768,
          'envoy.reloadable_features.http_reject_path_with_fragment': false,
        },
      },
    ],
  },
};
const NOBODY = 1;

export class IstioGateway {
  readonly #address: string;
  readonly #peer: IstioPeer;
  #envoy: RunningEnvoy | undefined;
  #ports = new Map<number, number>();

  private constructor(address: string, peer: IstioPeer) {
    this.#address = address;
    this.#peer = peer;
  }

  /** @param address where the upstreams listen that the cases have on 127.0.0.1 */
  static async start(address: string): Promise<IstioGateway> {
    return new IstioGateway(address, await IstioPeer.start());
  }

  /** Gives what Istio's webhook says. Rejects when Istio or Envoy refuses the whole configuration. */
  async serve({ config, mesh }: ConformanceCase): Promise<Verdict[]> {
    this.#envoy?.stop();
    this.#envoy = undefined;
    this.#ports = new Map();
    const { validation, resources } = await this.#peer.translate(config, mesh);
    const moved = JSON.parse(JSON.stringify(resources), (_key, value) => this.#moved(value));
    this.#envoy = await startEnvoy(moved, 1, BOOTSTRAP);
    this.#ports = await listening(this.#envoy.adminPort);
    return validation;
  }

  port(request: CapturedRequest): number {
    return this.#ports.get(gatewayPort(request)) ?? NOBODY;
  }

  async stop(): Promise<void> {
    this.#envoy?.stop();
    await this.#peer.stop();
  }

  /** Upstreams move to their own address; listeners, which have port 0, stay. */
  #moved(value: unknown): unknown {
    const { address, portValue } = (value ?? {}) as { address?: unknown; portValue?: number };
    return address === '127.0.0.1' && portValue ? { ...(value as object), address: this.#address } : value;
  }
}

/** Local port by the port in the listener's name. */
async function listening(adminPort: number): Promise<Map<number, number>> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/listeners?format=json`);
  const { listener_statuses = [] } = (await answer.json()) as {
    listener_statuses?: { name: string; local_address: { socket_address: { port_value: number } } }[];
  };
  return new Map(
    listener_statuses.map(({ name, local_address }) => [
      Number(name.slice(name.lastIndexOf('_') + 1)),
      local_address.socket_address.port_value,
    ]),
  );
}
