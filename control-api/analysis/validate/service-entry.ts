/** ServiceEntry, as Istio's webhook judges it. */
import type { ServiceEntrySpec } from '../../resources/types.gen.ts';
import { exportTo, fqdn, isIp, port, wildcardDomain } from './common.ts';
import type { Issues } from './issues.ts';

type Endpoint = NonNullable<ServiceEntrySpec['endpoints']>[number];

export function validateServiceEntry(spec: ServiceEntrySpec, issues: Issues): void {
  if ((spec.hosts ?? []).length === 0) issues.error('service entry must have at least one host');
  issues.each(['hosts'], spec.hosts, (host, at) => at.check(host === '*' ? 'invalid host *' : wildcardDomain(host)));
  issues.each(['addresses'], spec.addresses, (address, at) => at.check(addressProblem(address)));
  validatePorts(spec, issues);
  validateEndpoints(spec, issues);
  issues.at('exportTo').check(...exportTo(spec.exportTo));
}

function addressProblem(address: string): string | undefined {
  const [ip = '', ...prefix] = address.split('/');
  return isIp(ip) && isFourPart(ip) && prefix.length <= 1 ? undefined : `${address} is not a valid IP`;
}

/** Short forms such as 1.2.3 are addresses to a parser, but not to Istio. */
const isFourPart = (ip: string) => ip.includes(':') || ip.split('.').length === 4;

function validatePorts({ ports = [] }: ServiceEntrySpec, issues: Issues): void {
  const seen = new Set<string>();
  const numbers = new Set<number>();
  issues.each(['ports'], ports, ({ name = '', number }, at) => {
    at.at('number').check(port(number ?? 0));
    if (seen.has(name)) at.at('name').error(`service entry port name "${name}" already defined`);
    if (numbers.has(number)) at.at('number').error(`service entry port ${number} already defined`);
    seen.add(name);
    numbers.add(number);
  });
}

function validateEndpoints(spec: ServiceEntrySpec, issues: Issues): void {
  const { resolution = 'NONE', endpoints = [], ports = [] } = spec;
  if (resolution === 'NONE' && endpoints.length > 0)
    issues.at('endpoints').error('no endpoints should be provided for resolution type none');
  const names = new Set(ports.map((entry) => entry.name));
  issues.each(['endpoints'], endpoints, (endpoint, at) => {
    for (const [name, number] of Object.entries(endpoint.ports ?? {})) {
      if (!names.has(name)) at.at('ports', name).error(`endpoint port ${number} is not defined by the service entry`);
      at.at('ports', name).check(port(number));
    }
    at.at('address').check(endpointAddress(endpoint, resolution));
  });
}

function endpointAddress({ address = '' }: Endpoint, resolution: string): string | undefined {
  if (address === '' || address.startsWith('unix://')) return undefined;
  if (resolution === 'STATIC')
    return isIp(address) ? undefined : `endpoint address ${JSON.stringify(address)} is not a valid IP address`;
  return resolution.startsWith('DNS') && !isIp(address) ? fqdn(address) : undefined;
}
