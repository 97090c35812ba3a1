/** A server's TLS settings, as Istio's webhook judges them. */
import type { GatewaySpec } from '../../resources/types.gen.ts';
import type { Issues } from './issues.ts';

type Tls = NonNullable<NonNullable<GatewaySpec['servers']>[number]['tls']>;

export function validateServerTls(tls: Tls, issues: Issues): void {
  const { mode = 'PASSTHROUGH', minProtocolVersion = '', cipherSuites = [] } = tls;
  if (['TLSV1_0', 'TLSV1_1'].includes(minProtocolVersion) && cipherSuites.length === 0) {
    issues.at('minProtocolVersion').warn(OLD_VERSION);
  }
  warnOfSuites(cipherSuites, issues.at('cipherSuites'));
  if (mode === 'ISTIO_MUTUAL') {
    issues.check(...ownCertificates(tls).map((what) => `ISTIO_MUTUAL TLS cannot have associated ${what}`));
    return;
  }
  if (mode.endsWith('PASSTHROUGH') && (ownCertificates(tls).length > 0 || tls.caCrl)) {
    issues.warn(`${mode} mode does not use certificates, they will be ignored`);
  }
  if (sources(tls) > 1) issues.error(SEVERAL_SOURCES);
  if (!mode.endsWith('PASSTHROUGH') && !tls.credentialName && !tls.credentialNames?.length) {
    validateCertificates(tls, mode === 'SIMPLE' ? 'SIMPLE TLS' : 'MUTUAL TLS', issues);
  }
  if (tls.caCrl && (mode.endsWith('PASSTHROUGH') || !tls.credentialNames?.length))
    validateRevocations(tls, mode, issues);
}

const OLD_VERSION =
  'TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.';
const SEVERAL_SOURCES =
  'only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified';

/** What does not begin like a name is one of OpenSSL's operators, and not looked into. */
function warnOfSuites(suites: readonly string[], issues: Issues): void {
  const unknown = suites.filter(
    (suite) => /^[\p{L}\p{N}]/u.test(suite) && suite !== 'ALL' && !CIPHER_SUITES.has(suite),
  );
  const repeated = suites.filter((suite, index) => !unknown.includes(suite) && suites.indexOf(suite) < index);
  for (const [what, found] of [
    ['invalid', unknown],
    ['duplicate', repeated],
  ] as const) {
    if (found.length > 0) issues.warn(`ignoring ${what} cipher suites: [${[...new Set(found)].sort().join(' ')}]`);
  }
}

function ownCertificates(tls: Tls): string[] {
  return [
    tls.serverCertificate && 'server certificate',
    tls.privateKey && 'private key',
    tls.caCertificates && 'CA bundle',
    tls.tlsCertificates?.length && 'tlsCertificates',
    tls.credentialName && 'credentialName',
    tls.credentialNames?.length && 'credentialNames',
  ].filter((what) => typeof what === 'string' && what !== '') as string[];
}

const sources = (tls: Tls): number =>
  [
    tls.serverCertificate && tls.privateKey,
    tls.credentialName,
    tls.credentialNames?.length,
    tls.tlsCertificates?.length,
  ].filter(Boolean).length;

function validateCertificates(tls: Tls, prefix: string, issues: Issues): void {
  if (prefix === 'MUTUAL TLS' && !tls.caCertificates) issues.error(`${prefix} requires a client CA bundle`);
  const certificates = tls.tlsCertificates?.length ? tls.tlsCertificates : [tls];
  if (certificates.length > 2) issues.warn(`${prefix} can support up to 2 server certificates`);
  for (const { serverCertificate, privateKey } of certificates) {
    if (!serverCertificate) issues.error(`${prefix} requires a server certificate`);
    if (!privateKey) issues.error(`${prefix} requires a private key`);
  }
}

/** Revocations come with the credential where there is one. */
function validateRevocations(tls: Tls, mode: string, issues: Issues): void {
  if (tls.credentialName && mode.endsWith('PASSTHROUGH')) {
    issues.error('CRL is not supported with credentialName. CRL has to be specified in the credential');
  }
  if (mode === 'SIMPLE' && !tls.credentialName) issues.error('CRL is not supported with SIMPLE TLS');
}

/** The suites that Envoy's TLS library takes (Envoy docs: TlsParameters.cipher_suites). */
const CIPHER_SUITES = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
]);
