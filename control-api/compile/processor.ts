/**
 * The contract of the compiler: a list of processors of one shape, run in the order that compile.ts writes once. Each
 * reads Resources, adds to the draft, and reports what it could not honour; none of them throws for bad input. What it finds in the
 * draft may be what an earlier compilation made and the next will take over again (memo.ts): it is replaced by another object, never
 * changed in place.
 */
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { Finding } from '../analysis/finding.ts';
import type { Resource } from '../resources/resource.ts';
import type { DestinationRules } from './destination-rules.ts';
import type { Memo } from './memo.ts';
import type { OpenServer } from './merge-servers.ts';
import type { ServiceRegistry } from './services.ts';

/** Who we are to the configuration. Every part can be set; the defaults are Istio's own ingress gateway. */
export interface ProxyIdentity {
  namespace: string;
  rootNamespace: string;
  labels: Record<string, string>;
  /** region/zone/subzone, '' when unknown. */
  locality: string;
  clusterDomain: string;
}

export const INGRESS_GATEWAY: ProxyIdentity = {
  namespace: 'istio-system',
  rootNamespace: 'istio-system',
  labels: { istio: 'ingressgateway', app: 'istio-ingressgateway' },
  locality: '',
  clusterDomain: 'cluster.local',
};

/** Everything a compilation starts from. `resources` are valid ones only, oldest first (creation time, then namespace/name). */
export interface CompileInput {
  resources: readonly Resource[];
  /** Istio's MeshConfig as written, camelCase. */
  mesh: Record<string, unknown>;
  identity: ProxyIdentity;
  /** What is served now: parts of it stay where their replacement is in error (rate-limit configuration). */
  previous?: Pick<Snapshot, 'limitDomains'>;
  /** Wasm modules, fetched beforehand: compiling reads no file and no network. Absent: none is there. */
  modules?: ModuleSource;
  /** credentialNames whose certificates are given otherwise than by Secrets. */
  certificates?: readonly string[];
  /** From the compilations before, when there will be more of them; it changes how fast this one is, nothing else. */
  memo?: Memo;
}

/** A module that a resource names. */
export interface ModuleReference {
  url: string;
  /** As the user wrote it; '' when not given. */
  sha256: string;
  /** The Secret with the registry's credentials. */
  pullSecret?: string;
  /** That of the Secret, which is the resource's. */
  namespace?: string;
  /** Fetch again although it is there: imagePullPolicy Always, or a tag `latest` without a policy. */
  always: boolean;
}

/** Its digest, or why it could not be had. */
export type LoadedModule = { sha256: string } | { problem: string };
export type ModuleSource = (reference: ModuleReference) => LoadedModule;

/** Where a Resource, or one field of it, is carried out. */
export interface Placement {
  resource: string;
  field?: string;
  where: 'edge' | 'cluster' | 'unsupported';
  reason: string;
}

/** The Snapshot in the making, and what is said about it. */
export interface Draft {
  snapshot: Omit<Snapshot, 'id'>;
  findings: Finding[];
  placements: Placement[];
  /** Every Gateway server that this proxy opens, oldest Gateway first; from `gateways` on. */
  servers: OpenServer[];
  /** The services this proxy sees; from `services` on. */
  services: ServiceRegistry;
  /** From `destination-rules` on. */
  destinationRules: DestinationRules;
  /** For what is costly and follows from few objects. */
  memo: Memo;
}

export interface Processor {
  name: string;
  /** Why it stands where it stands in the order. */
  reason: string;
  run(input: CompileInput, draft: Draft): void;
}
