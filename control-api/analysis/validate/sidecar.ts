/** Sidecar, as Istio's webhook judges it: its selector, whom its egress listeners reach, and their order. */
import type { ObjectMeta } from '../../resources/resource.ts';
import type { SidecarSpec } from '../../resources/types.gen.ts';
import { port, portName } from './common.ts';
import { isDns1123Label, qualifiedHost } from './domain.ts';
import type { Issues } from './issues.ts';
import { isKnown } from './protocol.ts';
import { labelProblems } from './selector.ts';

type Egress = NonNullable<SidecarSpec['egress']>[number];

export function validateSidecar(spec: SidecarSpec, issues: Issues, { namespace }: ObjectMeta): void {
  const { workloadSelector, egress = [], ingress = [] } = spec;
  const selected = labelProblems(workloadSelector?.labels);
  if (selected.length > 0) {
    issues.at('workloadSelector').check(...selected);
    return;
  }
  if (egress.length + ingress.length === 0 && !spec.outboundTrafficPolicy && !spec.inboundConnectionPool) {
    issues.error('sidecar: empty configuration provided');
    return;
  }
  if (workloadSelector && Object.keys(workloadSelector.labels ?? {}).length === 0) {
    issues.at('workloadSelector').warn(SELECTS_ALL);
  }
  issues.each(['egress'], egress, (listener, at, index) => {
    if (listener.port) validatePort(listener.port, listener.bind ?? '', at.at('port'));
    else if (index < egress.length - 1) at.error(NOT_LAST);
    validateHosts(listener, namespace, at);
  });
}

const SELECTS_ALL = 'sidecar: workload selector specified without labels, will be applied to all services in namespace';
const NOT_LAST = 'sidecar: the egress listener with empty port should be the last listener in the list';

function validatePort(given: NonNullable<Egress['port']>, bind: string, issues: Issues): void {
  const { number = 0, name = '', protocol = '', targetPort = 0 } = given;
  if (targetPort > 0) issues.error('targetPort has no impact on Sidecars');
  if (number === 0 && !bind.startsWith('unix://')) {
    issues.error('sidecar: ports with 0 value must have a unix domain socket bind address');
  }
  if (number !== 0) issues.at('number').check(port(number));
  if (name !== '') issues.at('name').check(portName(name));
  if (protocol !== '' && !isKnown(protocol)) issues.at('protocol').error(`unsupported protocol: ${protocol}`);
}

function validateHosts({ hosts = [] }: Egress, namespace: string, issues: Issues): void {
  if (hosts.length === 0) issues.error('sidecar: egress listener must contain at least one host');
  const seen = new Map<string, Set<string>>();
  issues.each(['hosts'], hosts, (host, at) => {
    validateHost(host, at);
    const slash = host.indexOf('/');
    if (slash < 0 || host.startsWith('~')) return;
    const where = host.slice(0, slash) === '.' ? namespace : host.slice(0, slash);
    const names = seen.get(where) ?? new Set();
    seen.set(where, names);
    const name = host.slice(slash + 1);
    if (name === '*' ? names.size > 0 : names.has(name) || names.has('*')) at.warn(`duplicated egress host: ${host}`);
    names.add(name);
  });
  if (seen.get('*')?.has('*') && seen.size > 1) {
    issues.at('hosts').warn('`*/*` host select all resources, no other hosts can be added');
  }
}

/** `namespace/name`; a tilde before the namespace leaves it out. */
function validateHost(host: string, issues: Issues): void {
  const slash = host.indexOf('/');
  if (slash < 0) {
    issues.error('host must be of form namespace/dnsName');
    return;
  }
  const [namespace, name] = [host.slice(0, slash), host.slice(slash + 1)];
  if (namespace === '' || name === '') issues.error('config namespace and dnsName in host entry cannot be empty');
  if (!['', '*', '.'].includes(namespace.replace(/^~/, '')) && !isDns1123Label(namespace.replace(/^~/, ''))) {
    issues.error(`invalid namespace value ${JSON.stringify(namespace)} in sidecar`);
  }
  issues.check(...qualifiedHost(name, false));
}
