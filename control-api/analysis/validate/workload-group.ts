/** WorkloadGroup, as Istio's webhook judges it. */
import type { WorkloadGroupSpec } from '../../resources/types.gen.ts';
import { labels, port } from './common.ts';
import type { Issues } from './issues.ts';

type Probe = NonNullable<WorkloadGroupSpec['probe']>;

export function validateWorkloadGroup({ metadata, probe }: WorkloadGroupSpec, issues: Issues): void {
  const problems = labels(metadata?.labels ?? {});
  if (problems.length > 0) issues.at('metadata', 'labels').error(`invalid labels: ${problems.join('; ')}`);
  else if (probe) validateProbe(probe, issues.at('probe'));
}

const COUNTS = [
  'periodSeconds',
  'initialDelaySeconds',
  'timeoutSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function validateProbe(probe: Probe, issues: Issues): void {
  for (const field of COUNTS) if ((probe[field] ?? 0) < 0) issues.at(field).error(`${field} must be non-negative`);
  const { httpGet, tcpSocket, exec } = probe;
  if (httpGet) validateHttpGet(httpGet, issues.at('httpGet'));
  else if (tcpSocket) issues.at('tcpSocket', 'port').check(port(tcpSocket.port ?? 0));
  else if (exec) {
    if (!exec.command?.length) issues.at('exec').error('exec.command is required');
  } else issues.error(`unknown health check method ${probe.grpc ? '*v1alpha3.ReadinessProbe_Grpc' : '<nil>'}`);
}

function validateHttpGet(get: NonNullable<Probe['httpGet']>, issues: Issues): void {
  issues.at('port').check(port(get.port ?? 0));
  if (get.scheme && !['HTTP', 'HTTPS'].includes(get.scheme)) {
    issues.at('scheme').error('httpGet.scheme must be one of "HTTPS", "HTTP"');
  }
  issues.each(['httpHeaders'], get.httpHeaders, ({ name = '' }, at) => {
    if (name === '') at.error('header name cannot be empty');
    else if (!/^[-A-Za-z0-9]+$/.test(name)) at.error(`header name ${name} is not a valid header name`);
  });
}
