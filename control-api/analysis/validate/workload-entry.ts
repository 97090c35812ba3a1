/** WorkloadEntry, and the endpoints of static ServiceEntries, as Istio's webhook judges them. */
import type { WorkloadEntrySpec } from '../../resources/types.gen.ts';
import { labels, port, portName } from './common.ts';
import { fqdn, isIp } from './domain.ts';
import type { Issues } from './issues.ts';
import { unixProblem } from './unix.ts';

export function validateWorkloadEntry(spec: WorkloadEntrySpec, issues: Issues): void {
  validateWorkload(spec, issues);
}

/** @param servicePorts the names of its ServiceEntry's ports; absent: it stands alone, and its address may be a name */
export function validateWorkload(spec: WorkloadEntrySpec, issues: Issues, servicePorts?: ReadonlySet<string>): void {
  const { address = '', network = '', ports = {} } = spec;
  if (address === '' && network === '') {
    issues.error('address is required');
    return;
  }
  if (address === '') issues.warn(`address is unset with network ${JSON.stringify(network)}`);
  issues.at('address').check(...addressProblems(spec, servicePorts));
  for (const [name, number] of Object.entries(ports)) {
    const at = issues.at('ports', name);
    if (servicePorts && !servicePorts.has(name))
      at.error(`endpoint port ${number} is not defined by the service entry`);
    at.check(portName(name), port(number));
  }
  issues.at('labels').check(...labels(spec.labels ?? {}));
}

function addressProblems(
  { address = '', ports = {} }: WorkloadEntrySpec,
  servicePorts: ReadonlySet<string> | undefined,
): string[] {
  if (address === '' || isIp(address)) return [];
  if (!address.startsWith('unix://')) {
    const quoted = JSON.stringify(address);
    if (servicePorts) return [`endpoint address ${quoted} is not a valid IP address`];
    return fqdn(address) === undefined ? [] : [`endpoint address ${quoted} is not a valid FQDN or an IP address`];
  }
  const problem = unixProblem(address);
  return [
    ...(problem ? [problem] : []),
    ...(Object.keys(ports).length > 0 ? [`unix endpoint ${address} must not include ports`] : []),
    ...(servicePorts && servicePorts.size !== 1 ? ['exactly 1 service port required for unix endpoints'] : []),
  ];
}
