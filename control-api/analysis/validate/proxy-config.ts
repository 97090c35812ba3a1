/** ProxyConfig, as Istio's webhook judges it. */
import type { ProxyConfigSpec } from '../../resources/types.gen.ts';
import type { Issues } from './issues.ts';
import { validateLabels } from './selector.ts';

export function validateProxyConfig({ selector, concurrency }: ProxyConfigSpec, issues: Issues): void {
  if (selector) validateLabels(selector, issues.at('selector'));
  if ((concurrency ?? 0) < 0) issues.at('concurrency').error('concurrency must be greater than or equal to 0');
}
