/** The Gateways that a VirtualService or one of its matches names, as Istio's webhook judges them. */
import { fqdn, isDns1123Label } from './domain.ts';
import type { Issues } from './issues.ts';

/** Istio looks no further than the first name without a namespace. */
export function validateGatewayNames(names: readonly string[], issues: Issues): void {
  for (const [index, name] of names.entries()) {
    const at = issues.at(index);
    const slash = name.indexOf('/');
    if (slash < 0) {
      at.check(fqdn(name));
      return;
    }
    const [namespace, gateway] = [name.slice(0, slash), name.slice(slash + 1)];
    if (namespace === '' || gateway === '') at.error('config namespace and gateway name cannot be empty');
    if (!isDns1123Label(namespace)) at.error(`invalid value for namespace: ${JSON.stringify(namespace)}`);
    if (!isDns1123Label(gateway)) at.error(`invalid value for gateway name: ${JSON.stringify(gateway)}`);
  }
}
