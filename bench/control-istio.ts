/**
 * Istio's own control plane with a real Envoy as its gateway, under the applies of ./control-applies.ts: its packages, its debouncing
 * and xDS over gRPC, but a store in memory. What Kubernetes' API and its watches take in a cluster is therefore not in the figures.
 */
import { until } from '../test/control/served.ts';
import { IstioPeer } from '../test/istio/peer.ts';
import { type Answered, ask } from '../test/support/ask.ts';
import { type RunningEnvoy, startEnvoy } from '../test/support/envoy.ts';
import { freePort } from '../test/support/free-port.ts';
import { answering, GATEWAY_OBJECT } from '../test/support/resources.ts';
import { type Applied, type Applies, measureApplies, memoryOf } from './control-applies.ts';

/** Means of one push in ms, by Istio's own metrics. */
export interface Translation {
  /** From the change until the push begins. */
  debounce: number;
  /** The push context: every object read and indexed. */
  context: number;
  /** The routes made and sent. */
  routes: number;
}

export interface IstioApplies extends Applies {
  translationMs: Translation;
  /** Control plane, Envoy. */
  memoryMb: number[];
}

/** A stock Envoy has no such filters. */
const SETTINGS = { PILOT_ENABLE_ALPN_FILTER: 'false', PILOT_ENABLE_METADATA_EXCHANGE: 'false' };
const BATCH = 500;
const METRICS = {
  debounce: 'pilot_debounce_time',
  context: 'pilot_pushcontext_init_seconds',
  routes: 'pilot_xds_push_time{type="rds"}',
};

export class IstioControl implements Applied {
  readonly #peer: IstioPeer;
  readonly #envoy: RunningEnvoy;
  readonly #port: number;
  #filled = 0;

  private constructor(peer: IstioPeer, envoy: RunningEnvoy, port: number) {
    this.#peer = peer;
    this.#envoy = envoy;
    this.#port = port;
  }

  static async start(): Promise<IstioControl> {
    const peer = await IstioPeer.start(SETTINGS);
    const xdsPort = await peer.serve();
    const port = await freePort();
    const server = { port: { number: port, name: 'http', protocol: 'HTTP' }, bind: '127.0.0.1', hosts: ['*'] };
    await peer.apply(JSON.stringify({ ...GATEWAY_OBJECT, spec: { ...GATEWAY_OBJECT.spec, servers: [server] } }));
    const envoy = await startEnvoy({ clusters: [xdsCluster(xdsPort)] }, 1, BOOTSTRAP);
    return new IstioControl(peer, envoy, port);
  }

  async measure(size: number): Promise<IstioApplies> {
    while (this.#filled < size) {
      const count = Math.min(BATCH, size - this.#filled);
      const more = Array.from({ length: count }, (_, i) => answering(`vs${this.#filled + i}`, 200));
      await this.#peer.apply(more.map((one) => JSON.stringify(one)).join('\n---\n'));
      this.#filled += count;
    }
    await this.until(`vs${size - 1}.test`, 200, 120_000);
    const before = await this.#sums();
    const applies = await measureApplies(this, size);
    const after = await this.#sums();
    const mean = (name: keyof Translation) => {
      const [count, seconds] = [after[name].count - before[name].count, after[name].seconds - before[name].seconds];
      return Math.round((seconds / count) * 10_000) / 10;
    };
    const translationMs = { debounce: mean('debounce'), context: mean('context'), routes: mean('routes') };
    return { ...applies, translationMs, memoryMb: [memoryOf(this.#peer.pid), memoryOf(this.#envoy.pid)] };
  }

  apply(virtualService: object): Promise<void> {
    return this.#peer.apply(JSON.stringify(virtualService));
  }

  get(host: string): Promise<Pick<Answered, 'status'>> {
    return ask({ port: this.#port, path: '/', headers: { host } }).catch(() => ({ status: 0 }));
  }

  until(host: string, status: number, withinMs: number): Promise<number> {
    return until(() => this.get(host), status, withinMs);
  }

  async stop(): Promise<void> {
    this.#envoy.stop();
    await this.#peer.stop();
  }

  /** Count and sum of each metric so far. */
  async #sums(): Promise<Record<keyof Translation, { count: number; seconds: number }>> {
    const text = await this.#peer.metrics();
    const read = (metric: string) => {
      const [name = '', labels = ''] = metric.split(/(?=\{)/);
      const value = (part: string) => {
        const line = text.split('\n').find((one) => one.startsWith(`${name}_${part}${labels}`));
        return Number(line?.split(' ').at(-1) ?? 0);
      };
      return { count: value('count'), seconds: value('sum') };
    };
    return { debounce: read(METRICS.debounce), context: read(METRICS.context), routes: read(METRICS.routes) };
  }
}

const ADS = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };
/** What Istio's agent tells the control plane of its ingress gateway. */
const BOOTSTRAP = {
  node: {
    id: 'router~10.0.0.1~istio-ingressgateway.istio-system~istio-system.svc.cluster.local',
    cluster: 'istio-ingressgateway',
    metadata: {
      NAMESPACE: 'istio-system',
      CLUSTER_ID: 'Kubernetes',
      ISTIO_VERSION: '1.31.0',
      LABELS: { istio: 'ingressgateway', app: 'istio-ingressgateway' },
    },
  },
  dynamic_resources: {
    lds_config: ADS,
    cds_config: ADS,
    ads_config: {
      api_type: 'DELTA_GRPC',
      transport_api_version: 'V3',
      grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
    },
  },
};

const xdsCluster = (port: number) => ({
  name: 'xds-grpc',
  type: 'STATIC',
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
  load_assignment: {
    cluster_name: 'xds-grpc',
    endpoints: [
      { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }] },
    ],
  },
});
