/** PeerAuthentication, as Istio's webhook judges it. */
import type { PeerAuthenticationSpec } from '../../resources/types.gen.ts';
import type { Issues } from './issues.ts';
import { validateLabels } from './selector.ts';

export function validatePeerAuthentication(spec: PeerAuthenticationSpec, issues: Issues): void {
  const { selector, portLevelMtls = {} } = spec;
  const ports = Object.keys(portLevelMtls);
  if (ports.length > 0 && Object.keys(selector?.matchLabels ?? {}).length === 0) {
    issues.at('portLevelMtls').error('mesh/namespace peer authentication cannot have port level mTLS');
  }
  for (const port of ports) {
    const isPort = Number(port) >= 1 && Number(port) <= 65535;
    if (!isPort) issues.at('portLevelMtls', port).error('port must be in range 1..65535');
  }
  if (selector) validateLabels(selector, issues.at('selector'));
}
