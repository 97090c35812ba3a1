/** Gateways that select this proxy become listeners and (still empty) route tables. */
import type { Listener, Server, ServerTls } from '../../gateway/snapshot.ts';
import { about } from '../analysis/about.ts';
import { finding } from '../analysis/report.ts';
import { describe, type Resource } from '../resources/resource.ts';
import { mergeServers, type OpenServer } from './merge-servers.ts';
import { splitGatewayHost } from './names.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { byAge, hasLabels, NETWORKING, ofKind } from './select.ts';
import type { GatewaySpec, ServerTlsSpec } from './spec.ts';

export const gateways: Processor = {
  name: 'gateways',
  reason: 'everything else is hung on listeners and route tables',
  run(input: CompileInput, draft: Draft) {
    const all = ofKind<GatewaySpec>(input, NETWORKING, 'Gateway').sort(byAge);
    const ours = all.filter((gateway) => selects(gateway, input.identity.labels));
    const { servers, refused } = draft.memo.value('servers', ours, () => mergeServers(ours));
    for (const { gateway, index, reason, byEnvoy } of refused) {
      const where = about(gateway, ['spec', 'servers', index]);
      const found = byEnvoy
        ? finding('EnvoyRefuses', { problem: reason }, where)
        : finding('ServerNotServed', { reason }, where);
      draft.findings.push(found);
    }
    draft.servers = servers;
    draft.snapshot.listeners = listeners(servers);
    for (const { routeTable } of servers)
      draft.snapshot.routeTables[routeTable] ??= { name: routeTable, virtualHosts: [] };
    place(all, new Set(ours), draft);
    for (const { gateway, index, reason } of refused) {
      const resource = describe(gateway);
      draft.placements.push({ resource, field: `spec.servers[${index}]`, where: 'unsupported', reason });
    }
  },
};

/** No selector selects every proxy. */
function selects(gateway: Resource<GatewaySpec>, labels: Record<string, string>): boolean {
  return hasLabels(labels, gateway.spec.selector);
}

function place(all: Resource<GatewaySpec>[], ours: ReadonlySet<unknown>, draft: Draft): void {
  for (const gateway of all) {
    const mine = ours.has(gateway);
    draft.placements.push({
      resource: describe(gateway),
      where: mine ? 'edge' : 'cluster',
      reason: mine ? 'its selector selects this gateway' : 'its selector selects other proxies',
    });
  }
}

/** One listener for each port: a plain one has one server with everybody's hosts, a TLS one has a server for each of theirs. */
function listeners(servers: OpenServer[]): Listener[] {
  const ports = Map.groupBy(servers, ({ port }) => port);
  return [...ports]
    .sort(([a], [b]) => a - b)
    .map(([port, open]) => ({
      name: `0.0.0.0_${port}`,
      port,
      servers: open[0]?.secure ? open.map(tlsServer) : [plainServer(open)],
      httpFilters: [],
    }));
}

const hostsOf = (open: OpenServer[]): string[] => [
  ...new Set(open.flatMap(({ hosts }) => hosts.map((host) => splitGatewayHost(host).host.toLowerCase()))),
];

const serverName = ({ gateway, server }: OpenServer): string =>
  `${server.port.name ?? ''}.${gateway.metadata.name}.${gateway.metadata.namespace}`;

function plainServer(open: OpenServer[]): Server {
  const [first] = open as [OpenServer];
  return { name: serverName(first), hosts: hostsOf(open).sort(), routeTable: first.routeTable };
}

function tlsServer(open: OpenServer): Server {
  return {
    name: serverName(open),
    hosts: hostsOf([open]),
    tls: serverTls(open.server.tls ?? {}),
    routeTable: open.routeTable,
  };
}

function serverTls({ mode = 'SIMPLE', credentialName, credentialNames, ...spec }: ServerTlsSpec): ServerTls {
  const credential = credentialName || credentialNames?.[0];
  return {
    mode: mode as ServerTls['mode'],
    ...(credential && { credentialName: credential }),
    ...(spec.caCertCredentialName && { caCertCredentialName: spec.caCertCredentialName }),
    ...(spec.minProtocolVersion && { minProtocolVersion: spec.minProtocolVersion }),
    ...(spec.maxProtocolVersion && { maxProtocolVersion: spec.maxProtocolVersion }),
    ...(spec.cipherSuites?.length && { cipherSuites: spec.cipherSuites }),
    ...clientCertificate(mode, spec),
  };
}

/** Without mutual TLS nobody shows a certificate. */
function clientCertificate(mode: string, spec: ServerTlsSpec): Pick<ServerTls, 'clientCertificate'> {
  const { subjectAltNames = [], verifyCertificateHash: hashes = [], verifyCertificateSpki: spkis = [] } = spec;
  if (mode === 'SIMPLE' || subjectAltNames.length + hashes.length + spkis.length === 0) return {};
  return {
    clientCertificate: {
      ...(subjectAltNames.length > 0 && { subjectAltNames }),
      ...(hashes.length > 0 && { hashes }),
      ...(spkis.length > 0 && { spkis }),
    },
  };
}
