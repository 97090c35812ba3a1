/** VirtualService, as Istio's webhook judges it: hosts and gateways here, one HTTP rule in http-route.ts. */

import { claimPath } from '../../compile/match.ts';
import type { ObjectMeta } from '../../resources/resource.ts';
import type { VirtualServiceSpec } from '../../resources/types.gen.ts';
import { exportTo } from './common.ts';
import { isIp, wildcardDomain } from './domain.ts';
import { validateGatewayNames } from './gateway-names.ts';
import { validateHttpRoute } from './http-route.ts';
import type { Issues } from './issues.ts';
import { validateTcpRoute, validateTlsRoute } from './l4-route.ts';
import { warnUnused } from './unused-routes.ts';

export function validateVirtualService(spec: VirtualServiceSpec, issues: Issues, { namespace }: ObjectMeta): void {
  const { hosts = [], gateways = [], http = [] } = spec;
  const isDelegate = hosts.length === 0;
  const appliesToMesh = gateways.length === 0 || gateways.includes('mesh');
  if (isDelegate) validateDelegate(spec, issues);
  else validateHosts(hosts, appliesToMesh, issues.at('hosts'));
  validateGatewayNames(gateways, issues.at('gateways'));
  if (http.length + (spec.tcp?.length ?? 0) + (spec.tls?.length ?? 0) === 0) {
    issues.error('http, tcp or tls must be provided in virtual service');
  }
  issues.each(['http'], http, (route, at) => validateHttpRoute(route, isDelegate, at));
  issues.each(['tls'], spec.tls, (route, at) => validateTlsRoute(route, hosts, at));
  issues.each(['tcp'], spec.tcp, validateTcpRoute);
  if (appliesToMesh) refuseClaims(spec, issues);
  issues.at('exportTo').check(...exportTo(spec.exportTo, namespace));
  warnUnused(http, issues.at('http'));
}

function validateDelegate({ gateways, tls, tcp }: VirtualServiceSpec, issues: Issues): void {
  const problem = (what: string) => `delegate virtual service must have no ${what} specified`;
  if (gateways?.length) issues.at('gateways').error(problem('gateways'));
  if (tls?.length) issues.at('tls').error(problem('tls route'));
  if (tcp?.length) issues.at('tcp').error(problem('tcp route'));
}

/** Only a gateway routes by the claims of a token: not a delegate's own rules either, which name none. */
function refuseClaims({ http = [], gateways = [] }: VirtualServiceSpec, issues: Issues): void {
  issues.each(['http'], http, ({ match }, route) => {
    route.each(['match'], match, ({ headers, withoutHeaders }, at) => {
      for (const [field, matches] of Object.entries({ headers, withoutHeaders })) {
        for (const name of Object.keys(matches ?? {}).filter(claimPath))
          at.at(field, name).error(
            `JWT claim based routing (key: ${name}) is only supported for gateway, found no gateways: [${gateways.join(' ')}]`,
          );
      }
    });
  });
}

function validateHosts(hosts: readonly string[], appliesToMesh: boolean, issues: Issues): void {
  const problems = hosts.map((host, index) => {
    const problem = hostProblem(host, appliesToMesh);
    issues.at(index).check(problem);
    return problem;
  });
  if (problems.every((problem) => problem === undefined)) reportDuplicates(hosts, issues);
}

function hostProblem(host: string, appliesToMesh: boolean): string | undefined {
  const problem = wildcardDomain(host);
  if (problem !== undefined) return isIp(host) ? undefined : problem;
  return appliesToMesh && host === '*'
    ? 'wildcard host * is not allowed for virtual services bound to the mesh gateway'
    : undefined;
}

function reportDuplicates(hosts: readonly string[], issues: Issues): void {
  hosts.forEach((host, index) => {
    for (const other of hosts.slice(index + 1)) {
      if (overlaps(host, other)) issues.error(`duplicate hosts in virtual service: ${host} & ${other}`);
    }
  });
}

/** Whether one of two hosts, either of which may be a wildcard, covers the other. */
function overlaps(a: string, b: string): boolean {
  if (a === '*' || b === '*') return true;
  if (a.startsWith('*') && b.startsWith('*')) return a.endsWith(b.slice(1)) || b.endsWith(a.slice(1));
  if (a.startsWith('*')) return b.endsWith(a.slice(1));
  return b.startsWith('*') ? a.endsWith(b.slice(1)) : a === b;
}
