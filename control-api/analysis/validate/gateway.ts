/** Gateway, as Istio's webhook judges it; its servers' certificates are judged in server-tls.ts. */
import type { GatewaySpec } from '../../resources/types.gen.ts';
import { port } from './common.ts';
import { isDns1123Label, isIp, qualifiedHost } from './domain.ts';
import type { Issues } from './issues.ts';
import { isHttp, isKnown, isTls } from './protocol.ts';
import { validateServerTls } from './server-tls.ts';
import { unixProblem } from './unix.ts';

type Server = NonNullable<GatewaySpec['servers']>[number];
type Port = NonNullable<Server['port']>;

export function validateGateway(spec: GatewaySpec, issues: Issues): void {
  const servers = spec.servers ?? [];
  if (servers.length === 0) issues.error('gateway must have at least one server');
  const names = new Set<string>();
  issues.each(['servers'], servers, (server, at) => {
    validateServer(server, at);
    if (!server.port) return;
    const { name = '', protocol = '' } = server.port;
    if (names.has(name)) at.at('port', 'name').error(`port names in servers must be unique: duplicate name ${name}`);
    names.add(name);
    if (server.tls?.httpsRedirect && !isHttp(protocol)) {
      at.at('tls', 'httpsRedirect').warn('tls.httpsRedirect should only be used with http servers');
    }
  });
}

function validateServer(server: Server, issues: Issues): void {
  const hosts = server.hosts ?? [];
  if (hosts.length === 0) issues.error('server config must contain at least one host');
  issues.each(['hosts'], hosts, validateHost);
  const problems = portProblems(server.port, server.bind ?? '');
  issues.at('port').check(...problems);
  validateBind(server, issues.at('bind'));
  if (server.tls) validateServerTls(server.tls, issues.at('tls'));
  if (problems.length === 0) issues.at('tls').check(tlsProblem(server));
}

/** `host` or `namespace/host`. */
function validateHost(host: string, issues: Issues): void {
  const slash = host.indexOf('/');
  const namespace = host.slice(0, Math.max(slash, 0));
  const name = host.slice(slash + 1);
  if (slash >= 0) {
    if (namespace === '' || name === '') issues.error('config namespace and dnsName in host entry cannot be empty');
    if (!['*', '.'].includes(namespace) && !isDns1123Label(namespace)) {
      issues.error(`invalid namespace value ${JSON.stringify(namespace)} in gateway`);
    }
  }
  issues.check(...qualifiedHost(name, true));
}

function portProblems(given: Port | undefined, bind: string): string[] {
  if (!given) return ['port is required'];
  const { number = 0, name, protocol = '', targetPort = 0 } = given;
  return [
    isKnown(protocol)
      ? undefined
      : `invalid protocol ${JSON.stringify(protocol)}, supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP`,
    number > 0 || !bind.startsWith('unix://') ? port(number) : undefined,
    targetPort > 0 ? 'targetPort has no impact on Gateways' : undefined,
    name ? undefined : `port name must be set: number:${number} protocol:"${protocol}"`,
  ].filter((text) => text !== undefined);
}

function validateBind({ bind = '', port: given }: Server, issues: Issues): void {
  if (!bind.startsWith('unix://')) {
    if (bind !== '' && !isIp(bind)) issues.error(`${bind} is not a valid IP`);
    return;
  }
  issues.check(unixProblem(bind));
  if (given?.number) issues.error(`port number must be 0 for unix domain socket: number:${given.number}`);
}

/** Only asked of a port that is right. A plain port takes no TLS but `httpsRedirect` and what no certificate is needed for. */
function tlsProblem({ tls, port: given }: Server): string | undefined {
  const protocol = given?.protocol ?? '';
  if (isTls(protocol)) return tls ? undefined : 'server must have TLS settings for HTTPS/TLS protocols';
  if (!tls) return undefined;
  if (!isHttp(protocol)) return 'server cannot have TLS settings for non HTTPS/TLS ports';
  const passes = ['PASSTHROUGH', 'AUTO_PASSTHROUGH'].includes(tls.mode ?? 'PASSTHROUGH');
  const plain = passes && !tls.caCertificates && !tls.privateKey && !tls.serverCertificate;
  return plain ? undefined : 'server cannot have TLS settings for plain text HTTP ports';
}
