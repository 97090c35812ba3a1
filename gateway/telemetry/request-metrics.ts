/**
 * Istio's standard metrics of requests, counted in this isolate (Istio docs, "Istio Standard Metrics"). A gateway reports as
 * the source; what only a sidecar knows about workloads is `unknown`, as in Istio without metadata exchange.
 */
import type { Exchange } from '../exchange.ts';
import type { Cluster } from '../snapshot.ts';
import { Histogram } from './histogram.ts';
import { exposeMetrics, labels } from './prometheus.ts';

/** Requests that share all labels. */
class Series {
  requests = 0;
  readonly duration = new Histogram();
  readonly requestBytes = new Histogram();
  readonly responseBytes = new Histogram();
  readonly labels: string;

  constructor(labelled: string) {
    this.labels = labelled;
  }
}

/** By cluster, then by code and flags. Both are ours, not a client's, so their product is small. */
const series = new Map<string | undefined, Map<number | string, Series>>();

export function countRequest(exchange: Exchange): void {
  const found = seriesOf(exchange);
  found.requests++;
  found.duration.record(Date.now() - exchange.startTime);
  found.requestBytes.record(lengthOf(exchange.requestHeaders.get('content-length')));
  found.responseBytes.record(lengthOf(exchange.responseHeaders.get('content-length')));
}

const lengthOf = (declared: string | null) => (declared === null ? 0 : Number(declared) || 0);

function seriesOf(exchange: Exchange): Series {
  let ofCluster = series.get(exchange.upstream.cluster);
  if (ofCluster === undefined) {
    ofCluster = new Map();
    series.set(exchange.upstream.cluster, ofCluster);
  }
  const flags = exchange.flags.size === 0 ? '-' : Array.from(exchange.flags).join(',');
  const key = flags === '-' ? exchange.status : `${exchange.status} ${flags}`;
  let found = ofCluster.get(key);
  if (found === undefined) {
    found = new Series(labelsOf(exchange, flags));
    ofCluster.set(key, found);
  }
  return found;
}

function labelsOf({ snapshot, upstream, status }: Exchange, flags: string): string {
  const cluster = upstream.cluster === undefined ? undefined : snapshot.clusters[upstream.cluster];
  return labels({
    reporter: 'source',
    source_workload: snapshot.mesh.nodeCluster.split('.')[0] || 'unknown',
    source_workload_namespace: snapshot.mesh.nodeCluster.split('.')[1] ?? 'unknown',
    ...destinationLabels(cluster),
    request_protocol: 'http',
    response_code: String(status),
    response_flags: flags,
    connection_security_policy: 'unknown',
  });
}

/** `reviews.default.svc.cluster.local` is service reviews of namespace default; another host is its own name. */
function destinationLabels(cluster: Cluster | undefined): Record<string, string> {
  const host = cluster?.host ?? 'unknown';
  const [name, namespace] = host.includes('.svc.') ? host.split('.') : [host, 'unknown'];
  return {
    destination_workload: 'unknown',
    destination_workload_namespace: 'unknown',
    destination_version: cluster?.subset ?? 'unknown',
    destination_service: host,
    destination_service_name: name ?? 'unknown',
    destination_service_namespace: namespace ?? 'unknown',
  };
}

const HISTOGRAMS: readonly [name: string, of: (series: Series) => Histogram][] = [
  ['istio_request_duration_milliseconds', ({ duration }) => duration],
  ['istio_request_bytes', ({ requestBytes }) => requestBytes],
  ['istio_response_bytes', ({ responseBytes }) => responseBytes],
];

function render(): string {
  const all = [...series.values()].flatMap((ofCluster) => [...ofCluster.values()]);
  if (all.length === 0) return '';
  let text = '# TYPE istio_requests_total counter\n';
  for (const { labels: labelled, requests } of all) text += `istio_requests_total${labelled} ${requests}\n`;
  for (const [name, of] of HISTOGRAMS) {
    text += `# TYPE ${name} histogram\n`;
    for (const one of all) text += of(one).render(name, one.labels);
  }
  return text;
}

exposeMetrics(render);
