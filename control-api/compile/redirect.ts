/** redirect: → RedirectAction. */
import type { RedirectAction } from '../../gateway/snapshot.ts';
import type { RedirectSpec } from './spec.ts';

const DEFAULT_PORTS: Record<string, number> = { http: 80, https: 443 };

/**
 * Envoy leaves the request's own port in place when no other is asked for, and Istio asks for none when it is the
 * scheme's default (captured). A path gets its leading slash (captured). derivePort FROM_REQUEST_PORT means the port of the server.
 */
export function redirect(spec: RedirectSpec, server: { port: number; isTls: boolean }): RedirectAction {
  const { uri, authority, scheme, prefixRewrite, redirectCode = 301 } = spec;
  const fromRequest = spec.derivePort === 'FROM_REQUEST_PORT';
  const port = spec.port ?? (fromRequest ? server.port : 0);
  const usual = DEFAULT_PORTS[scheme || (server.isTls ? 'https' : 'http')];
  return {
    kind: 'redirect',
    status: (redirectCode || 301) as RedirectAction['status'],
    ...(prefixRewrite ? { prefixRewrite } : uri && { path: uri.startsWith('/') ? uri : `/${uri}` }),
    ...(authority && { authority }),
    ...(port && port !== usual && { port }),
    ...(scheme && { scheme }),
  };
}
