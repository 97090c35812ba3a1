/** MeshConfig.extensionProviders → the external authorisers that CUSTOM policies may name. */
import type { ExtAuthzHttp, StringMatch } from '../../../gateway/snapshot.ts';
import { wholeMs } from '../duration.ts';
import { clusterName } from '../names.ts';
import type { CompileInput, Draft } from '../processor.ts';

/** Exactly one of the two: a provider that can be asked, or what is wrong with it. */
export interface Authorizer {
  provider?: ExtAuthzHttp;
  /** `passes`: it says failOpen, and so an edge that cannot ask lets requests pass. */
  problem?: { message: 'UnknownAuthorizer' | 'GrpcAuthorizer'; text: string; passes: boolean };
}

interface ProviderSpec {
  name?: string;
  envoyExtAuthzHttp?: HttpSpec;
  envoyExtAuthzGrpc?: { failOpen?: boolean };
}
interface HttpSpec {
  service?: string;
  port?: number;
  timeout?: string;
  pathPrefix?: string;
  failOpen?: boolean;
  clearRouteCache?: boolean;
  statusOnError?: string | number;
  /** The old name of includeRequestHeadersInCheck. */
  includeHeadersInCheck?: string[];
  includeRequestHeadersInCheck?: string[];
  includeAdditionalHeadersInCheck?: Record<string, string>;
  includeRequestBodyInCheck?: { maxRequestBytes?: number; allowPartialMessage?: boolean; packAsBytes?: boolean };
  headersToUpstreamOnAllow?: string[];
  headersToDownstreamOnAllow?: string[];
  headersToDownstreamOnDeny?: string[];
}

/** Istio's default: in effect no limit, so that a DestinationRule can set one. */
const TIMEOUT_MS = 600_000;

export function authorizers({ mesh }: CompileInput, draft: Draft): Map<string, Authorizer> {
  return new Map(
    providers(mesh).flatMap((spec) => (spec.name ? [[spec.name, authorizer(spec.name, spec, draft)]] : [])),
  );
}

const providers = ({ extensionProviders: specs }: CompileInput['mesh']): ProviderSpec[] =>
  Array.isArray(specs) ? specs : [];

/** The clusters of all authorisers over HTTP, there or not. */
export function authorizerClusters({ mesh }: CompileInput): string[] {
  return providers(mesh).flatMap(({ envoyExtAuthzHttp: spec }) => (spec ? [clusterOf(spec)] : []));
}

const serviceOf = ({ service }: HttpSpec): string => (service ?? '').replace(/^.*\//, '').toLowerCase();
const clusterOf = (spec: HttpSpec): string => clusterName(serviceOf(spec), spec.port ?? 0);

function authorizer(name: string, { envoyExtAuthzHttp, envoyExtAuthzGrpc }: ProviderSpec, draft: Draft): Authorizer {
  if (envoyExtAuthzHttp) return httpAuthorizer(name, envoyExtAuthzHttp, draft);
  if (!envoyExtAuthzGrpc) return problem('is no authoriser');
  const passes = envoyExtAuthzGrpc.failOpen ?? false;
  const text = passes
    ? 'as it says failOpen, requests pass unasked'
    : 'every request that this policy matches is denied';
  return { problem: { message: 'GrpcAuthorizer', text, passes } };
}

const problem = (text: string): Authorizer => ({ problem: { message: 'UnknownAuthorizer', text, passes: false } });

function httpAuthorizer(name: string, spec: HttpSpec, draft: Draft): Authorizer {
  const port = spec.port ?? 0;
  if (port < 1 || port > 65_535) return problem('has no valid port');
  if (spec.pathPrefix && !spec.pathPrefix.startsWith('/')) return problem('has a pathPrefix without a leading slash');
  const service = serviceOf(spec);
  const cluster = clusterOf(spec);
  if (!draft.snapshot.clusters[cluster]) return problem(`names the unknown service ${spec.service}:${port}`);
  return { provider: { name, cluster, service, port, ...behaviour(spec), ...headers(spec), ...body(spec) } };
}

function behaviour(spec: HttpSpec) {
  return {
    timeoutMs: wholeMs(spec.timeout) || TIMEOUT_MS,
    pathPrefix: spec.pathPrefix ?? '',
    failOpen: spec.failOpen ?? false,
    clearRouteCache: spec.clearRouteCache ?? false,
    statusOnError: Number(spec.statusOnError) || 403,
  };
}

function headers(spec: HttpSpec) {
  return {
    includeRequestHeadersInCheck: (spec.includeRequestHeadersInCheck ?? spec.includeHeadersInCheck ?? []).map(pattern),
    includeAdditionalHeadersInCheck: Object.entries(spec.includeAdditionalHeadersInCheck ?? {}).sort(),
    headersToUpstreamOnAllow: (spec.headersToUpstreamOnAllow ?? []).map(pattern),
    headersToDownstreamOnAllow: (spec.headersToDownstreamOnAllow ?? []).map(pattern),
    headersToDownstreamOnDeny: (spec.headersToDownstreamOnDeny ?? []).map(pattern),
  };
}

/** Header names: `x-*` and `*-id` beside exact ones, without regard to case. */
function pattern(name: string): StringMatch {
  const value = name.toLowerCase();
  if (value.startsWith('*')) return { kind: 'suffix', value: value.slice(1) };
  return value.endsWith('*') ? { kind: 'prefix', value: value.slice(0, -1) } : { kind: 'exact', value };
}

function body({ includeRequestBodyInCheck: spec }: HttpSpec): Pick<ExtAuthzHttp, 'includeRequestBodyInCheck'> {
  if (!spec?.maxRequestBytes) return {};
  const { maxRequestBytes, allowPartialMessage = false, packAsBytes = false } = spec;
  return { includeRequestBodyInCheck: { maxRequestBytes, allowPartialMessage, packAsBytes } };
}
