/**
 * What an import has gathered: routes by host, servers, and objects beside them. One concern of an importer adds to it; only
 * `manifests` makes objects of it.
 */
import { isDeepStrictEqual } from 'node:util';
import { fieldName } from '../analysis/about.ts';
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import type { HttpRouteSpec } from '../compile/spec.ts';
import type { Manifest } from '../mesh/manifest.ts';
import type { FieldPath } from '../resources/resource.ts';
import type { Source } from './source.ts';

export interface ImportedRoute {
  namespace: string;
  /** `*` for every host. */
  host: string;
  /** Smaller comes first; compared entry by entry. */
  order: readonly (number | string)[];
  http: HttpRouteSpec;
}

export interface ImportedServer {
  namespace: string;
  host: string;
  protocol: 'HTTP' | 'HTTPS';
  /** Of HTTPS: the Secret with the certificate. */
  credentialName?: string;
  /** Of HTTP: everything is sent to HTTPS. */
  httpsRedirect?: boolean;
}

export class Draft {
  readonly sources: readonly Source[];
  readonly routes: ImportedRoute[] = [];
  readonly servers: ImportedServer[] = [];
  readonly #beside = new Map<string, Manifest>();
  readonly findings: Finding[] = [];

  constructor(sources: readonly Source[]) {
    this.sources = sources;
  }

  /** A policy, limit or DestinationRule; another one of its name is told apart by a number, the same one is added once. */
  add(manifest: Manifest, count = 1): void {
    const { namespace, name } = manifest.metadata;
    const numbered = count === 1 ? name : `${name}-${count}`;
    const key = `${manifest.kind} ${namespace}/${numbered}`;
    const named = { ...manifest, metadata: { ...manifest.metadata, name: numbered } };
    const before = this.#beside.get(key);
    if (before === undefined) this.#beside.set(key, named);
    else if (!isDeepStrictEqual(before, named)) this.add(manifest, count + 1);
  }

  beside(): Manifest[] {
    return [...this.#beside.values()];
  }

  /** Says that something could not be carried over, and why. */
  leave(source: Source<unknown>, path: FieldPath, why: string): void {
    const place = {
      resource: `${source.kind} ${source.namespace}/${source.name}`,
      field: fieldName(path),
      position: source.at(path),
    };
    this.findings.push(finding('NotImported', { why }, place));
  }

  /** The host and port number of a Service; undefined when a named port cannot be looked up. */
  destination(namespace: string, service: string, port: { number?: number; name?: string } = {}) {
    const number = port.number ?? this.#portNamed(namespace, service, port.name);
    const host = `${service}.${namespace}.svc.cluster.local`;
    return number === undefined ? undefined : { host, port: { number } };
  }

  #portNamed(namespace: string, service: string, name: string | undefined): number | undefined {
    const found = this.sources.find(
      (source) => source.kind === 'Service' && source.name === service && source.namespace === namespace,
    );
    const ports = (found?.spec as { ports?: { name?: string; port?: number }[] } | undefined)?.ports ?? [];
    return (name === undefined ? ports[0] : ports.find((port) => port.name === name))?.port;
  }
}
