/** What is valid and does something else than its writer thinks: seen in the wild, again and again. */
import { kubernetesServices } from '../compile/kubernetes-services.ts';
import { resolveHost } from '../compile/names.ts';
import { NETWORKING, ofKind } from '../compile/select.ts';
import { serviceEntryServices } from '../compile/service-entries.ts';
import type { DestinationRuleSpec, VirtualServiceSpec } from '../compile/spec.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function surprises(scene: Scene): Finding[] {
  return [...retriesWithoutConditions(scene), ...neverEjected(scene)];
}

/** attempts alone retries what never reached the upstream, not a 500, a 503 or a slow try. */
function retriesWithoutConditions({ input }: Scene): Finding[] {
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) =>
    (virtualService.spec.http ?? []).flatMap(({ retries }, index) =>
      retries?.attempts && !retries.retryOn
        ? [finding('RetriesWithoutRetryOn', {}, about(virtualService, ['spec', 'http', index, 'retries']))]
        : [],
    ),
  );
}

/** Envoy ejects no host when that would be more than maxEjectionPercent of them; 10 % of nine hosts is none. */
function neverEjected({ input }: Scene): Finding[] {
  const counts = new Map<string, number>();
  for (const service of [...serviceEntryServices(input), ...kubernetesServices(input)]) {
    const [port] = service.ports;
    counts.set(service.host, (counts.get(service.host) ?? 0) + (port ? service.endpoints(port).length : 0));
  }
  return ofKind<DestinationRuleSpec>(input, NETWORKING, 'DestinationRule').flatMap((rule) => {
    const outlier = rule.spec.trafficPolicy?.outlierDetection;
    const host = resolveHost(rule.spec.host, rule.metadata.namespace, input.identity.clusterDomain);
    const endpoints = counts.get(host) ?? 0;
    const percent = outlier?.maxEjectionPercent || 10;
    if (!outlier || endpoints === 0 || Math.floor((endpoints * percent) / 100) > 0) return [];
    const args = { endpoints, percent };
    return [finding('NeverEjected', args, about(rule, ['spec', 'trafficPolicy', 'outlierDetection']))];
  });
}
