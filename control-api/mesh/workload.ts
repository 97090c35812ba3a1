/** The entry's workload: an Istio gateway of its own, with a Service that the edge, or the tunnel, reaches. */
import { ENTRY_PORTS, type EntrySettings } from '../compile/mesh-entry.ts';
import { CONTAINER_PORTS, ENTRY_NAME, type Manifest, meta } from './manifest.ts';

/** The last address of X-Forwarded-For is the client, as the edge wrote it; what the edge's certificate says ends here. */
const TOPOLOGY = { gatewayTopology: { numTrustedProxies: 1, forwardClientCertDetails: 'SANITIZE' } };

export function workload({ namespace, transport }: EntrySettings): Manifest[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta(namespace) },
    deployment(namespace, transport),
    service(namespace, transport),
    ...(transport === 'TUNNEL' ? [mutualTlsFromTunnel(namespace)] : []),
  ];
}

function deployment(namespace: string, transport: EntrySettings['transport']): Manifest {
  const labels = { istio: ENTRY_NAME };
  const annotations = { 'inject.istio.io/templates': 'gateway', 'proxy.istio.io/config': JSON.stringify(TOPOLOGY) };
  const container = { name: 'istio-proxy', image: 'auto', ports: [{ containerPort: CONTAINER_PORTS[transport] }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...meta(namespace), labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'true' }, annotations },
        spec: { serviceAccountName: ENTRY_NAME, containers: [container] },
      },
    },
  };
}

/** The tunnel's port is called `tcp-…`, or the sidecar of cloudflared would route by Host, which it does not know. */
function service(namespace: string, transport: EntrySettings['transport']): Manifest {
  const tunnel = transport === 'TUNNEL';
  const port = { port: ENTRY_PORTS[transport], targetPort: CONTAINER_PORTS[transport] };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(namespace),
    spec: {
      ...(!tunnel && { type: 'LoadBalancer' }),
      selector: { istio: ENTRY_NAME },
      ports: [{ name: tunnel ? 'tcp-tunnel' : 'https-edge', ...port }],
    },
  };
}

function mutualTlsFromTunnel(namespace: string): Manifest {
  const settings = { port: { number: ENTRY_PORTS.TUNNEL }, tls: { mode: 'ISTIO_MUTUAL' } };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: meta(namespace),
    spec: {
      host: `${ENTRY_NAME}.${namespace}.svc.cluster.local`,
      trafficPolicy: { portLevelSettings: [settings] },
    },
  };
}
