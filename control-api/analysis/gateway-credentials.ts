/** Gateways whose certificate is not there (IST0101). Where no Secret with a certificate is given nobody can tell: the platform may have it. */
import { hasLabels, NETWORKING, ofKind } from '../compile/select.ts';
import type { GatewaySpec } from '../compile/spec.ts';
import { isForTls } from '../resources/tls-secret.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function gatewayCredentials({ input }: Scene): Finding[] {
  const { namespace, labels } = input.identity;
  const secrets = ofKind<Record<string, unknown>>(input, '', 'Secret').filter(
    ({ metadata }) => metadata.namespace === namespace,
  );
  if (!secrets.some(isForTls)) return [];
  const known = new Set([...secrets.map(({ metadata }) => metadata.name), ...(input.certificates ?? [])]);
  return ofKind<GatewaySpec>(input, NETWORKING, 'Gateway').flatMap((gateway) => {
    if (!hasLabels(labels, gateway.spec.selector)) return [];
    return (gateway.spec.servers ?? []).flatMap(({ tls }, index) => {
      const name = tls?.credentialName;
      if (!name || known.has(name)) return [];
      const place = about(gateway, ['spec', 'servers', index, 'tls', 'credentialName']);
      return [finding('ReferencedResourceNotFound', { type: 'credentialName', name }, place)];
    });
  });
}
