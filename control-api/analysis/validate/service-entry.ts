/** ServiceEntry, as Istio's webhook judges it; what its resolution asks for is judged in resolution.ts. */
import type { ObjectMeta } from '../../resources/resource.ts';
import type { ServiceEntrySpec } from '../../resources/types.gen.ts';
import { exportTo, port, portName } from './common.ts';
import { partialWildcard, wildcardDomain } from './domain.ts';
import { subnetProblem } from './ip.ts';
import type { Issues } from './issues.ts';
import { isHttp, isKnown, isTls } from './protocol.ts';
import { validateResolution } from './resolution.ts';
import { labelProblems } from './selector.ts';

export function validateServiceEntry(spec: ServiceEntrySpec, issues: Issues, { namespace }: ObjectMeta): void {
  const { hosts = [], resolution = 'NONE', workloadSelector } = spec;
  const selected = workloadSelector && labelProblems(workloadSelector.labels);
  if (selected?.length) {
    issues.at('workloadSelector').check(...selected);
    return;
  }
  if (workloadSelector) validateSelected(spec, issues);
  if (hosts.length === 0) issues.error('service entry must have at least one host');
  issues.each(['hosts'], hosts, (host, at) => validateHost(host, resolution, at));
  validateAddresses(spec, issues);
  validatePorts(spec, issues);
  validateResolution(spec, issues);
  if (resolution !== 'NONE' && hosts.length > 1 && spec.ports?.some(({ protocol = '' }) => !tellsHosts(protocol))) {
    issues.at('ports').error('multiple hosts provided with non-HTTP, non-TLS ports');
  }
  issues.at('exportTo').check(...exportTo(spec.exportTo, namespace, true));
}

const tellsHosts = (protocol: string): boolean => isHttp(protocol) || isTls(protocol);

function validateSelected({ workloadSelector, endpoints = [] }: ServiceEntrySpec, issues: Issues): void {
  if (Object.keys(workloadSelector?.labels ?? {}).length === 0) issues.at('workloadSelector').warn(SELECTS_ALL);
  if (endpoints.length > 0) issues.error('only one of WorkloadSelector or Endpoints is allowed in Service Entry');
}

const SELECTS_ALL =
  'service entry: workload selector specified without labels, will be applied to all services in namespace';

function validateHost(host: string, resolution: string, issues: Issues): void {
  if (host === '*') {
    issues.error('invalid host *');
    return;
  }
  issues.check(wildcardDomain(host));
  const partial = partialWildcard(host);
  if (partial && resolution !== 'DYNAMIC_DNS') issues.warn(partial);
}

function validateAddresses({ addresses = [], resolution = 'NONE' }: ServiceEntrySpec, issues: Issues): void {
  issues.each(['addresses'], addresses, (address, at) => at.check(subnetProblem(address)));
  if (addresses.some((address) => address.includes('/')) && !['NONE', 'STATIC'].includes(resolution)) {
    issues.at('addresses').error('CIDR addresses are allowed only for NONE/STATIC resolution types');
  }
}

function validatePorts({ ports = [] }: ServiceEntrySpec, issues: Issues): void {
  const names = new Set<string>();
  const numbers = new Set<number>();
  issues.each(['ports'], ports, ({ name = '', number, protocol = '', targetPort = 0 }, at) => {
    if (names.has(name)) at.at('name').error(`service entry port name ${JSON.stringify(name)} already defined`);
    if (numbers.has(number)) at.at('number').error(`service entry port ${number} already defined`);
    names.add(name);
    numbers.add(number);
    if (targetPort !== 0) at.at('targetPort').check(port(targetPort));
    at.at('name').check(portName(name));
    if (protocol !== '' && !isKnown(protocol)) at.at('protocol').error(`unsupported protocol: ${protocol}`);
    at.at('number').check(port(number ?? 0));
  });
}
