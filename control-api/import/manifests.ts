/** Objects out of what was gathered: a Gateway a namespace, a VirtualService a host, and what stands beside them. */
import type { Manifest } from '../mesh/manifest.ts';
import type { Draft, ImportedRoute, ImportedServer } from './draft.ts';

const NETWORKING = 'networking.istio.io/v1';
const GATEWAY_NAME = 'imported';

export function manifestsOf(draft: Draft): Manifest[] {
  const gateways = [...Map.groupBy(draft.servers, ({ namespace }) => namespace)];
  const hosts = [...Map.groupBy(draft.routes, ({ namespace, host }) => `${namespace}/${host}`).values()];
  return [
    ...gateways.map(([namespace, servers]) => gateway(namespace, servers)),
    ...hosts.map(virtualService),
    ...draft.beside(),
  ];
}

function gateway(namespace: string, servers: readonly ImportedServer[]): Manifest {
  const key = ({ protocol, credentialName = '', httpsRedirect = false }: ImportedServer) =>
    `${protocol} ${credentialName} ${httpsRedirect}`;
  const groups = [...Map.groupBy(settled(servers), key).values()];
  return {
    apiVersion: NETWORKING,
    kind: 'Gateway',
    metadata: { name: GATEWAY_NAME, namespace },
    spec: { selector: { istio: 'ingressgateway' }, servers: groups.map(serverOf) },
  };
}

/** A host that one object redirects and another does not is redirected once; a host without plain HTTP stays without. */
function settled(servers: readonly ImportedServer[]): ImportedServer[] {
  const byHost = Map.groupBy(servers, ({ protocol, host }) => `${protocol} ${host}`);
  return [...byHost.values()].map((same) => same.find(({ httpsRedirect }) => httpsRedirect) ?? same[0]!);
}

function serverOf(group: readonly ImportedServer[]): object {
  const { protocol, credentialName, httpsRedirect } = group[0]!;
  const hosts = group.map(({ host }) => host);
  if (protocol === 'HTTP') {
    const name = httpsRedirect ? 'http-redirect' : 'http';
    return { port: { number: 80, name, protocol }, hosts, ...(httpsRedirect && { tls: { httpsRedirect } }) };
  }
  const port = { number: 443, name: `https-${credentialName}`, protocol };
  return { port, hosts, tls: { mode: 'SIMPLE', credentialName } };
}

/** Of the routes of one host. */
export function virtualServiceName(host: string): string {
  return host === '*' ? 'any-host' : host.replace('*', 'any').replaceAll('.', '-');
}

function virtualService(routes: readonly ImportedRoute[]): Manifest {
  const { namespace, host } = routes[0]!;
  const http = [...routes].sort((a, b) => compare(a.order, b.order)).map((route) => route.http);
  return {
    apiVersion: NETWORKING,
    kind: 'VirtualService',
    metadata: { name: virtualServiceName(host), namespace },
    spec: { hosts: [host], gateways: [GATEWAY_NAME], http },
  };
}

function compare(a: ImportedRoute['order'], b: ImportedRoute['order']): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : a[index]! < b[index]! ? -1 : 1;
}
