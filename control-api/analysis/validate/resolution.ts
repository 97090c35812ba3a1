/** What a ServiceEntry's resolution asks of its hosts, ports and endpoints, as Istio's webhook judges it. */
import type { ServiceEntrySpec } from '../../resources/types.gen.ts';
import { labels, port, portName } from './common.ts';
import { fqdn, isIp } from './domain.ts';
import type { Issues } from './issues.ts';
import { validateWorkload } from './workload-entry.ts';

type Endpoint = NonNullable<ServiceEntrySpec['endpoints']>[number];

export function validateResolution(spec: ServiceEntrySpec, issues: Issues): void {
  const { resolution = 'NONE', endpoints = [], ports = [], workloadSelector } = spec;
  const names = new Set(ports.map(({ name = '' }) => name));
  if (resolution === 'NONE') {
    if (endpoints.length > 0) issues.at('endpoints').error('no endpoints should be provided for resolution type none');
    if (workloadSelector)
      issues.at('workloadSelector').warn('workloadSelector should not be set when resolution mode is NONE');
  } else if (resolution === 'STATIC') {
    issues.each(['endpoints'], endpoints, (endpoint, at) => validateWorkload(endpoint, at, names));
  } else if (resolution === 'DYNAMIC_DNS') {
    validateDynamicDns(spec, issues);
  } else {
    validateDns(spec, issues);
    issues.each(['endpoints'], endpoints, (endpoint, at) => validateNamed(endpoint, names, at));
  }
}

function validateDns(
  { hosts = [], addresses = [], ports = [], endpoints = [], resolution }: ServiceEntrySpec,
  issues: Issues,
): void {
  const problem = hosts.map(fqdn).find((text) => text !== undefined);
  if (endpoints.length === 0 && problem) {
    issues
      .at('hosts')
      .error(
        `hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode ${resolution}, ${problem}`,
      );
  }
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) {
    issues.at('endpoints').error(`there must only be 0 or 1 endpoint for resolution mode ${resolution}`);
  }
  const isTcp = ports.some(({ protocol = '' }) => TCP.has(protocol.toLowerCase()));
  if (addresses.length > 0 && isTcp && hosts.length > 1) issues.warn(SEVERAL_HOSTS);
}

const TCP = new Set(['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql']);
const SEVERAL_HOSTS =
  'service entry can not have more than one host specified simultaneously with address and tcp port';

/** An endpoint that may be a name. */
function validateNamed(endpoint: Endpoint, names: ReadonlySet<string>, issues: Issues): void {
  const { address = '', ports = {} } = endpoint;
  if (!isIp(address) && fqdn(address) !== undefined) {
    issues.at('address').error(`endpoint address ${JSON.stringify(address)} is not a valid FQDN or an IP address`);
  }
  issues.at('labels').check(...labels(endpoint.labels ?? {}));
  for (const [name, number] of Object.entries(ports)) {
    if (!names.has(name)) issues.at('ports', name).error(`endpoint port ${number} is not defined by the service entry`);
    issues.at('ports', name).check(portName(name), port(number));
  }
}

const DYNAMIC_PROTOCOLS = new Set(['http', 'tls', 'grpc', 'http2']);

function validateDynamicDns(
  { hosts = [], addresses = [], endpoints = [], ports = [], resolution }: ServiceEntrySpec,
  issues: Issues,
): void {
  if (hosts.length === 0) issues.error(`at least one wildcard host must be provided for resolution type ${resolution}`);
  issues.each(['hosts'], hosts, (host, at) => {
    if (!host.startsWith('*')) at.error(`host must be wildcarded for resolution mode ${resolution}`);
  });
  if (addresses.length > 0) {
    issues
      .at('addresses')
      .error(
        `addresses cannot be set for resolution type ${resolution}. HTTP route domains will only be generatedfrom the hosts field values`,
      );
  }
  if (endpoints.length > 0) {
    issues
      .at('endpoints')
      .error(
        `endpoints cannot be set for resolution type ${resolution}. Destination IP address determined from hostsfield values`,
      );
  }
  issues.each(['ports'], ports, ({ protocol = '' }, at) => {
    if (!DYNAMIC_PROTOCOLS.has(protocol.toLowerCase()))
      at.error(`only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution type ${resolution}`);
  });
}
