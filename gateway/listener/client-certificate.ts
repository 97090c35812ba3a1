/** Who a client certificate says the client is, as Envoy's RBAC filter reads it: URI, else DNS name, else subject. */
import { X509Certificate } from 'node:crypto';
import type { SocketCf } from '../bindings.ts';

/** Names by fingerprint: a client sends many requests with one certificate. */
const names = new Map<string, string>();
const MAX_NAMES = 1_000;

/** `spiffe://cluster.local/ns/default/sa/ui`; undefined without a verified certificate, or when the platform hides it. */
export function certificateName(certificate: SocketCf['tlsClientAuth']): string | undefined {
  if (certificate?.certVerified !== 'SUCCESS' || !certificate.pem) return undefined;
  const key = certificate.sha256 ?? certificate.pem;
  let name = names.get(key);
  if (name === undefined) {
    if (names.size >= MAX_NAMES) names.clear();
    name = readName(certificate.pem);
    names.set(key, name);
  }
  return name;
}

/** '' when the certificate cannot be read: it then matches nobody. */
function readName(pem: string): string {
  try {
    const certificate = new X509Certificate(pem);
    const names = alternativeNames(certificate);
    const named = (wanted: string) => names.find(({ kind }) => kind === wanted)?.value;
    return named('URI') ?? named('DNS') ?? certificate.subject.split('\n').reverse().join(',');
  } catch {
    return '';
  }
}

/** One after another; what is written otherwise ends the list. */
const ALTERNATIVE_NAME = /(?:^|, )([^:,"]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))/gy;

/** `URI:spiffe://…, DNS:"a, b"`: Node quotes a name that has a comma in it, so that one cannot pass for two. */
export function alternativeNames({ subjectAltName = '' }: X509Certificate): { kind: string; value: string }[] {
  return Array.from(subjectAltName.matchAll(ALTERNATIVE_NAME), ([, kind = '', quoted, plain = '']) => ({
    kind,
    value: quoted === undefined ? plain : (JSON.parse(quoted) as string),
  }));
}
