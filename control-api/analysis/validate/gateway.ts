/** Gateway, as Istio's webhook judges it. */
import type { GatewaySpec } from '../../resources/types.gen.ts';
import { fqdn, isDns1123Label, labels, port, wildcardDomain } from './common.ts';
import type { Issues } from './issues.ts';

type Server = NonNullable<GatewaySpec['servers']>[number];

const PROTOCOLS = [
  'HTTP',
  'HTTP2',
  'HTTPS',
  'GRPC',
  'GRPC-WEB',
  'GRPC-WEB-HTTP',
  'MONGO',
  'REDIS',
  'MYSQL',
  'TCP',
  'TLS',
  'TCP-TLS',
  'UDP',
  'HTTP_PROXY',
  'HBONE',
  'AUTO',
];

export function validateGateway(spec: GatewaySpec, issues: Issues): void {
  const servers = spec.servers ?? [];
  issues.at('selector').check(...labels(spec.selector ?? {}));
  if (servers.length === 0) issues.error('gateway must have at least one server');
  const names = new Set<string>();
  issues.each(['servers'], servers, (server, at) => {
    validateServer(server, at);
    const name = server.port?.name ?? '';
    if (names.has(name)) at.at('port', 'name').error(`port names in servers must be unique: duplicate name ${name}`);
    if (name !== '') names.add(name);
  });
}

function validateServer(server: Server, issues: Issues): void {
  const hosts = server.hosts ?? [];
  if (hosts.length === 0) issues.error('server config must contain at least one host');
  issues.each(['hosts'], hosts, validateHost);
  if (!server.port) issues.error('port is required');
  else validatePort(server.port, issues.at('port'));
  validateTls(server, issues.at('tls'));
}

function validateHost(host: string, issues: Issues): void {
  const slash = host.indexOf('/');
  const namespace = slash < 0 ? undefined : host.slice(0, slash);
  if (namespace !== undefined && !['*', '.'].includes(namespace) && !isDns1123Label(namespace)) {
    issues.error(`invalid namespace value "${namespace}" in gateway`);
  }
  const name = host.slice(slash + 1);
  // A wildcard in the middle fails twice in Istio: as a partial wildcard, and as a label.
  if (/^[^*]+\*/.test(name)) issues.check(fqdn(name.slice(name.indexOf('.') + 1)));
  issues.check(wildcardDomain(name));
}

function validatePort({ number, name, protocol }: NonNullable<Server['port']>, issues: Issues): void {
  issues.at('number').check(port(number ?? 0));
  if (!PROTOCOLS.includes((protocol ?? '').toUpperCase())) {
    issues
      .at('protocol')
      .error(
        `invalid protocol "${protocol}", supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP`,
      );
  }
  if (!name) issues.error(`port name must be set: number:${number} protocol:"${protocol}"`);
}

const TLS_PROTOCOLS = ['HTTPS', 'TLS'];

function validateTls(
  { tls, port: { protocol = '' } = {} as NonNullable<Server['port']> }: Server,
  issues: Issues,
): void {
  const isTls = TLS_PROTOCOLS.includes(protocol.toUpperCase());
  if (!tls) {
    if (isTls) issues.error('server must have TLS settings for HTTPS/TLS protocols');
    return;
  }
  if (isTls && tls.httpsRedirect)
    issues.at('httpsRedirect').error('tls.httpsRedirect should only be used with http servers');
  if (!isTls && protocol !== '' && !tls.httpsRedirect) {
    issues.error('server cannot have TLS settings for non HTTPS/TLS ports');
  }
  if (isTls) validateCertificates(tls, issues);
  const unknown = (tls.cipherSuites ?? []).filter((suite) => !CIPHER_SUITES.has(suite));
  if (unknown.length > 0) issues.at('cipherSuites').warn(`ignoring invalid cipher suites: [${unknown.join(' ')}]`);
}

function validateCertificates(tls: NonNullable<Server['tls']>, issues: Issues): void {
  const mode = tls.mode ?? 'PASSTHROUGH';
  if (['PASSTHROUGH', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL'].includes(mode)) return;
  if (tls.credentialName || tls.credentialNames?.length || tls.tlsCertificates?.length) return;
  const needsClient = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL';
  if (!tls.serverCertificate) issues.error(`${mode} TLS requires a server certificate`);
  if (!tls.privateKey) issues.error(`${mode} TLS requires a private key`);
  if (needsClient && !tls.caCertificates) issues.error(`${mode} TLS requires a client CA bundle`);
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
