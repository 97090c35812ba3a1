/** Bowsprit's gateway serving one case after another, its upstreams on a loopback address of its own. */
import { parse } from 'yaml';
import { type Configuration, configurationOf } from '../../cli/configuration.ts';
import { Gateway } from '../../cli/serve/gateway.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { CapturedRequest, ConformanceCase } from './case.ts';

/** Every Gateway port listens where the system likes, so that gateways never collide. */
const ANY_PORT = { get: () => 0 } as unknown as ReadonlyMap<number, number>;
/** A port on which nothing listens, for a Gateway port that the case does not open. */
const NOBODY = 1;

export class CaseGateway {
  readonly #address: string;
  readonly #gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 1 });

  /** @param address where the upstreams listen that the cases have on 127.0.0.1 */
  constructor(address: string) {
    this.#address = address;
  }

  /** Resolves when every request reaches this case's configuration. */
  async serve(configuration: Configuration): Promise<void> {
    await this.#gateway.roll(moveEndpoints(configuration.snapshot, this.#address), configuration.filters);
    await this.#gateway.drained();
  }

  port(request: CapturedRequest): number {
    return this.#gateway.localPorts().get(gatewayPort(request)) ?? NOBODY;
  }

  stop(): Promise<void> {
    return this.#gateway.stop();
  }
}

/** The port of the Gateway resource that a request is for. */
export const gatewayPort = ({ port, scheme }: CapturedRequest): number => port ?? (scheme === 'https' ? 443 : 80);

export function compileCase({ file, config, mesh }: ConformanceCase): Configuration {
  const settings = mesh ? parse(mesh, { version: '1.1' }) : {};
  return configurationOf([{ file, text: config }], settings, { namespace: 'default' });
}

/** The cases' upstreams are on 127.0.0.1; each gateway has its own, so that it is seen alone. */
function moveEndpoints(snapshot: Snapshot, address: string): Snapshot {
  const clusters = Object.entries(snapshot.clusters).map(([name, cluster]) => {
    const endpoints = cluster.endpoints.map((one) => (one.address === '127.0.0.1' ? { ...one, address } : one));
    return [name, { ...cluster, endpoints }];
  });
  return { ...snapshot, clusters: Object.fromEntries(clusters) };
}
