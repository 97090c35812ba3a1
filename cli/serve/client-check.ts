/** Which connections a server takes: by the client's certificate (Envoy's CertificateValidationContext) and by the cipher. */
import { createHash, type X509Certificate } from 'node:crypto';
import { DEFAULT_CIPHERS, type TLSSocket } from 'node:tls';
import { alternativeNames } from '../../gateway/listener/client-certificate.ts';
import type { ClientCertificateCheck, Server } from '../../gateway/snapshot.ts';

export type ConnectionCheck = (socket: TLSSocket, needsCertificate: boolean) => boolean;

/** For after the handshake: the name that chooses the server comes too late for OpenSSL to change the ciphers. */
export function connectionCheck({ tls }: Server): ConnectionCheck {
  const { cipherSuites, clientCertificate } = tls ?? {};
  const takes = clientCertificate && clientCheck(clientCertificate);
  return (socket, needsCertificate) => {
    const allowed =
      !cipherSuites || socket.getProtocol() === 'TLSv1.3' || cipherSuites.includes(socket.getCipher()?.name);
    if (!allowed || !needsCertificate) return allowed;
    const certificate = socket.getPeerX509Certificate();
    return socket.authorized && certificate !== undefined && (!takes || takes(certificate));
  };
}

/** OpenSSL takes these from the same list; a Gateway's cipherSuites are not about them. */
const TLS_1_3 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];

/** One list for the port: what servers name comes first, so that a client that can do it is not refused for something else. */
export function cipherList(servers: readonly Server[]): string {
  const named = servers.flatMap(({ tls }) => tls?.cipherSuites ?? []);
  const rest = servers.some(({ tls }) => !tls?.cipherSuites) ? [DEFAULT_CIPHERS] : [];
  return [...new Set([...TLS_1_3, ...named, ...rest])].join(':');
}

/** One of the hashes, where any are given, and one of the names, where any are given. */
export function clientCheck({ hashes = [], spkis = [], subjectAltNames = [] }: ClientCertificateCheck) {
  const wanted = new Set([...hashes.map(bare), ...spkis]);
  const names = new Set(subjectAltNames);
  return (certificate: X509Certificate): boolean => {
    const known = wanted.size === 0 || wanted.has(bare(certificate.fingerprint256)) || wanted.has(spkiOf(certificate));
    return known && (names.size === 0 || alternativeNames(certificate).some(({ value }) => names.has(value)));
  };
}

/** `AB:CD…` and `abcd…` are the same hash. */
const bare = (hash: string): string => hash.replaceAll(':', '').toLowerCase();

function spkiOf({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
