/** MeshConfig.extensionProviders as far as they log: what a line looks like, or why there is none. */
import type { AccessLog } from '../../gateway/snapshot.ts';
import { formatOf, meshFormat } from './access-log.ts';

/** Exactly one of the two. */
export interface LogProvider {
  format?: AccessLog['format'];
  problem?: string;
}
interface ProviderSpec {
  name?: string;
  envoyFileAccessLog?: { path?: string; logFormat?: { text?: string; labels?: Record<string, unknown> } };
}

/** Istio's own provider `envoy` is there without being configured, and looks as MeshConfig's legacy fields say. */
export function logProviders(mesh: Record<string, unknown>): Map<string, LogProvider> {
  const specs = (Array.isArray(mesh.extensionProviders) ? mesh.extensionProviders : []) as ProviderSpec[];
  const providers = new Map<string, LogProvider>([['envoy', { format: meshFormat(mesh) }]]);
  for (const { name, envoyFileAccessLog: file } of specs) {
    if (!name) continue;
    const isBuiltIn = name === 'envoy' && !file?.logFormat;
    if (!file) providers.set(name, { problem: 'does not log to a file or the console, and the edge has no other way' });
    else providers.set(name, { format: isBuiltIn ? meshFormat(mesh) : formatOf(file.logFormat) });
  }
  return providers;
}
