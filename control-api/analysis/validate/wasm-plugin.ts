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

/** With or without a scheme; Istio reads `registry/image:tag` as a URL on HTTP. */
function urlProblem(url: string): string | undefined {
  if (url === '') return 'url field needs to be set';
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/i.exec(url) ?? [];
  const readable = scheme !== '' || url.startsWith('/') || URL.canParse(`http://${url}`);
  if (!readable || /[\s\p{Cc}]/u.test(url) || /%(?![0-9a-f]{2})/i.test(url)) {
    return `failed to parse url: parse ${JSON.stringify(url)}: invalid URI for request`;
  }
  return scheme === '' || SCHEMES.includes(scheme.toLowerCase()) || !url.includes('://')
    ? undefined
    : `url contains unsupported scheme: ${scheme}`;
}
