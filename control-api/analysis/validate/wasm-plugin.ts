/** WasmPlugin and TrafficExtension's Wasm part, as Istio's webhook judges them. */
import type { WasmPluginSpec } from '../../resources/types.gen.ts';
import type { Issues } from './issues.ts';
import { validateSelector } from './selector.ts';

const SCHEMES = ['', 'http', 'https', 'oci', 'file'];

export function validateWasmPlugin(spec: WasmPluginSpec, issues: Issues): void {
  validateSelector(spec, issues);
  issues.at('url').check(urlProblem(spec.url ?? ''));
  if (spec.sha256 && !/^[0-9a-f]{64}$/.test(spec.sha256))
    issues.at('sha256').error('sha256 field must be 64 hexadecimal digits');
  const names = new Set<string>();
  issues.each(['vmConfig', 'env'], spec.vmConfig?.env, ({ name, value, valueFrom }, at) => {
    if (!name) at.error('name field must be non-empty');
    if (names.has(name)) at.error(`duplicate env: ${name}`);
    names.add(name);
    if (valueFrom === 'HOST' && value) at.error('value may only be set when valueFrom is INLINE');
  });
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'url field needs to be set';
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url) ?? [];
  return SCHEMES.includes(scheme) ? undefined : `url contains unsupported scheme: ${scheme}`;
}
