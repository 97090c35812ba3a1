/** X-Forwarded-Client-Cert as Istio's gateway sets it (SANITIZE_SET with certificate, subject, URI and DNS names). */
import { X509Certificate } from 'node:crypto';
import type { SocketCf } from '../bindings.ts';

/** By fingerprint: a client sends many requests with one certificate. */
const values = new Map<string, string>();
const MAX_VALUES = 1_000;

/** Undefined without a verified certificate, or when the platform hides it. */
export function forwardedClientCert(certificate: SocketCf['tlsClientAuth']): string | undefined {
  if (certificate?.certVerified !== 'SUCCESS' || !certificate.pem || !certificate.sha256) return undefined;
  let value = values.get(certificate.sha256);
  if (value === undefined) {
    if (values.size >= MAX_VALUES) values.clear();
    value = describe(certificate.pem, certificate.sha256);
    values.set(certificate.sha256, value);
  }
  return value;
}

/** Keys in Envoy's order (mutateXfccRequestHeader); Subject and URI stand even when empty. */
function describe(pem: string, sha256: string): string {
  const { subjectAltName = '', subject } = new X509Certificate(pem);
  const names = subjectAltName.split(', ');
  const named = (kind: string): string[] =>
    names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  const uris = named('URI:');
  return [
    `Hash=${sha256}`,
    `Cert="${encodePem(pem)}"`,
    `Subject="${(subject ?? '').split('\n').reverse().join(',')}"`,
    ...(uris.length > 0 ? uris : ['']).map((uri) => `URI=${uri}`),
    ...named('DNS:').map((name) => `DNS=${name}`),
  ].join(';');
}

const ESCAPES: Record<string, string> = { '\n': '%0A', ' ': '%20', '+': '%2B', '/': '%2F', '=': '%3D' };

function encodePem(pem: string): string {
  return pem.replace(/[\n +/=]/g, (character) => ESCAPES[character]!);
}
