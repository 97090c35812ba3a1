/** TLS to an upstream whose certificate nobody verifies (IST0128, IST0129). */
import { keyOf, NETWORKING, ofKind } from '../compile/select.ts';
import type { ClientTlsSpec, DestinationRuleSpec } from '../compile/spec.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function upstreamTls({ input }: Scene): Finding[] {
  return ofKind<DestinationRuleSpec>(input, NETWORKING, 'DestinationRule').flatMap((rule) => {
    const { metadata, spec } = rule;
    const args = { rule: keyOf(rule), namespace: metadata.namespace, host: spec.host };
    const unverified = (tls: ClientTlsSpec | undefined): tls is ClientTlsSpec & { mode: string } =>
      (tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL') &&
      !tls.caCertificates &&
      !(tls.credentialName && spec.workloadSelector);
    const findings: Finding[] = [];
    const tls = spec.trafficPolicy?.tls;
    if (unverified(tls)) {
      const place = about(rule, ['spec', 'trafficPolicy', 'tls']);
      findings.push(finding('UnverifiedUpstream', { ...args, mode: tls.mode }, place));
    }
    for (const [index, settings] of (spec.trafficPolicy?.portLevelSettings ?? []).entries()) {
      if (!unverified(settings.tls)) continue;
      const place = about(rule, ['spec', 'trafficPolicy', 'portLevelSettings', index, 'tls']);
      const port = `number:${settings.port?.number ?? 0}`;
      findings.push(finding('UnverifiedUpstreamPort', { ...args, mode: settings.tls.mode, port }, place));
    }
    return findings;
  });
}
