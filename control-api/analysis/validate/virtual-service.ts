/** VirtualService, as Istio's webhook judges it: hosts and gateways here, one HTTP rule in http-route.ts. */
import type { VirtualServiceSpec } from '../../resources/types.gen.ts';
import { exportTo } from './common.ts';
import { isIp, wildcardDomain } from './domain.ts';
import { type RouteContext, validateHttpRoute } from './http-route.ts';
import type { Issues } from './issues.ts';
import { warnUnused } from './unused-routes.ts';

export function validateVirtualService(spec: VirtualServiceSpec, issues: Issues): void {
  const { hosts = [], gateways = [], http = [] } = spec;
  const isDelegate = hosts.length === 0;
  const appliesToMesh = gateways.length === 0 || gateways.includes('mesh');
  if (isDelegate && gateways.length > 0) issues.error('delegate virtual service must have no gateways');
  if (!isDelegate) validateHosts(hosts, appliesToMesh, issues.at('hosts'));
  if (http.length + (spec.tcp?.length ?? 0) + (spec.tls?.length ?? 0) === 0) {
    issues.error('http, tcp or tls must be provided in virtual service');
  }
  const context: RouteContext = {
    role: isDelegate ? 'delegate' : 'root',
    onGateway: gateways.some((gateway) => gateway !== 'mesh'),
  };
  issues.each(['http'], http, (route, at) => validateHttpRoute(route, context, at));
  issues.at('exportTo').check(...exportTo(spec.exportTo));
  warnUnused(http, issues.at('http'));
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
