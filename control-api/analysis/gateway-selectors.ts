/** Gateways that are other proxies', and those that no VirtualService uses. */

import { resolveGateway } from '../compile/names.ts';
import { hasLabels, keyOf, NETWORKING, ofKind } from '../compile/select.ts';
import type { GatewaySpec, VirtualServiceSpec } from '../compile/spec.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function gatewaySelectors({ input }: Scene): Finding[] {
  const bound = new Set(
    ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap(({ spec, metadata }) =>
      (spec.gateways ?? []).map((name) => resolveGateway(name, metadata.namespace)),
    ),
  );
  return ofKind<GatewaySpec>(input, NETWORKING, 'Gateway').flatMap((gateway) => {
    const { selector = {} } = gateway.spec;
    const findings: Finding[] = [];
    if (!hasLabels(input.identity.labels, selector)) {
      const text = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
      const args = { selector: text.sort().join(','), labels: labelText(input.identity.labels) };
      findings.push(finding('SelectorMatchesNobody', args, about(gateway, ['spec', 'selector'])));
    }
    if (!bound.has(keyOf(gateway)) && !redirectsOnly(gateway.spec)) {
      findings.push(finding('GatewayWithoutRoutes', { gateway: keyOf(gateway) }, about(gateway)));
    }
    return findings;
  });
}

/** A Gateway that only sends everybody to https needs no VirtualService. */
const redirectsOnly = ({ servers = [] }: GatewaySpec): boolean => servers.every(({ tls }) => tls?.httpsRedirect);

const labelText = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
