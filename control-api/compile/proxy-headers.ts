/** defaultConfig.proxyHeaders and gatewayTopology's word on client certificates → what Istio's gateway does otherwise than by itself. */
import type { ProxyHeaders } from '../../gateway/snapshot.ts';

interface ProxyConfig {
  gatewayTopology?: { forwardClientCertDetails?: string };
  proxyHeaders?: {
    server?: { disabled?: boolean; value?: string };
    requestId?: { disabled?: boolean };
    attemptCount?: { disabled?: boolean };
    envoyDebugHeaders?: { disabled?: boolean };
    xForwardedHost?: { enabled?: boolean };
    xForwardedPort?: { enabled?: boolean };
  };
}

const CERTIFICATES = new Set(['SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'ALWAYS_FORWARD_ONLY']);

/**
 * Undefined where all is as Istio has it by itself. `proxyHeaders.forwardedClientCert` is a sidecar's, to Istio too.
 * Istio: util.GetProxyHeadersFromProxyConfig, buildGatewayConnectionManager.
 */
export function proxyHeaders(mesh: Record<string, unknown>): ProxyHeaders | undefined {
  const { gatewayTopology, proxyHeaders: given = {} } = (mesh.defaultConfig ?? {}) as ProxyConfig;
  const server = given.server?.disabled ? null : given.server?.value;
  const clientCertificate = gatewayTopology?.forwardClientCertDetails ?? '';
  const result: ProxyHeaders = {
    ...(server !== undefined && server !== '' && { server }),
    ...(given.requestId?.disabled && { requestId: false }),
    ...(given.attemptCount?.disabled && { attemptCount: false }),
    ...(given.envoyDebugHeaders?.disabled && { debugHeaders: false }),
    ...(given.xForwardedPort?.enabled && { forwardedPort: true }),
    ...(CERTIFICATES.has(clientCertificate) && {
      clientCertificate: clientCertificate as NonNullable<ProxyHeaders['clientCertificate']>,
    }),
  };
  return Object.keys(result).length > 0 ? result : undefined;
}

/** Only a route that rewrites at all tells the upstream the host that was asked for. */
export function tellsForwardedHost(mesh: Record<string, unknown>): boolean {
  return ((mesh.defaultConfig ?? {}) as ProxyConfig).proxyHeaders?.xForwardedHost?.enabled ?? false;
}
