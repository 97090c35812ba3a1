/** The TLS and TCP rules of a VirtualService, as Istio's webhook judges them. */
import { subsetOf } from '../../compile/names.ts';
import type { VirtualServiceSpec } from '../../resources/types.gen.ts';
import { labels, port } from './common.ts';
import { isIp, wildcardDomain } from './domain.ts';
import { validateGatewayNames } from './gateway-names.ts';
import { validateWeights } from './http-route.ts';
import { subnetProblem } from './ip.ts';
import type { Issues } from './issues.ts';

type TcpRoute = NonNullable<VirtualServiceSpec['tcp']>[number];
type TlsRoute = NonNullable<VirtualServiceSpec['tls']>[number];
type Match = NonNullable<TcpRoute['match']>[number];

export function validateTcpRoute({ match, route = [] }: TcpRoute, issues: Issues): void {
  issues.each(['match'], match, validateMatch);
  if (route.length === 0) issues.error('TCP route is required');
  validateWeights(route, issues.at('route'));
}

/** @param hosts the VirtualService's: what a rule asks for must be one of them */
export function validateTlsRoute({ match = [], route = [] }: TlsRoute, hosts: readonly string[], issues: Issues): void {
  if (match.length === 0) issues.error('TLS route must have at least one match condition');
  issues.each(['match'], match, ({ sniHosts = [], ...rest }, at) => {
    if (sniHosts.length === 0) at.error('TLS match must have at least one SNI host');
    at.each(['sniHosts'], sniHosts, (host, place) => validateSniHost(host, hosts, place));
    validateMatch(rest, at);
  });
  if (route.length === 0) issues.error('TLS route is required');
  validateWeights(route, issues.at('route'));
}

function validateSniHost(name: string, hosts: readonly string[], issues: Issues): void {
  const problem = wildcardDomain(name);
  const quoted = JSON.stringify(name);
  if (problem) {
    if (isIp(name))
      issues.warn(`using an IP address (${quoted}) goes against SNI spec and most clients do not support this`);
    else issues.error(problem);
  } else if (!hosts.some((host) => subsetOf(name, host))) {
    issues.error(
      `SNI host ${quoted} is not a compatible subset of any of the virtual service hosts: [${hosts.join(', ')}]`,
    );
  }
}

function validateMatch({ destinationSubnets, port: number = 0, sourceLabels, gateways }: Match, issues: Issues): void {
  issues.each(['destinationSubnets'], destinationSubnets, (subnet, at) => at.check(subnetProblem(subnet)));
  if (number !== 0) issues.at('port').check(port(number));
  issues.at('sourceLabels').check(...labels(sourceLabels ?? {}));
  validateGatewayNames(gateways ?? [], issues.at('gateways'));
}
