/** MeshConfig.extensionProviders → the external authorisers that CUSTOM policies may name. */
import type { ExtAuthzHttp, StringMatch } from '../../../gateway/snapshot.ts';
import { wholeMs } from '../duration.ts';
import { clusterName, parseClusterName } from '../names.ts';
import type { CompileInput, Draft } from '../processor.ts';

/** A provider that is asked, or what is wrong with it; both where nobody can answer. */
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
  const authorisers = providers(mesh).filter((spec) => spec.envoyExtAuthzHttp || spec.envoyExtAuthzGrpc);
  return new Map(authorisers.flatMap((spec) => (spec.name ? [[spec.name, authorizer(spec.name, spec, draft)]] : [])));
}

const providers = ({ extensionProviders: specs }: CompileInput['mesh']): ProviderSpec[] =>
  Array.isArray(specs) ? specs : [];

const PROVIDER_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The clusters of all authorisers over HTTP, there or not. */
export function authorizerClusters({ mesh }: CompileInput): string[] {
  return providers(mesh).flatMap(({ envoyExtAuthzHttp: spec }) => (spec ? [clusterOf(spec)] : []));
}

const serviceOf = ({ service }: HttpSpec): string => (service ?? '').replace(/^.*\//, '').toLowerCase();
const clusterOf = (spec: HttpSpec): string => clusterName(serviceOf(spec), spec.port ?? 0);

function authorizer(name: string, { envoyExtAuthzHttp, envoyExtAuthzGrpc }: ProviderSpec, draft: Draft): Authorizer {
  if (!PROVIDER_NAME.test(name)) return problem('has a name that Istio does not take: a DNS label in lower case');
  if (envoyExtAuthzHttp) return httpAuthorizer(name, envoyExtAuthzHttp, draft);
  const passes = envoyExtAuthzGrpc?.failOpen ?? false;
  const text = passes
    ? 'as it says failOpen, requests pass unasked'
    : 'every request that this policy matches is denied';
  return { problem: { message: 'GrpcAuthorizer', text, passes } };
}

const problem = (text: string): Authorizer => ({ problem: { message: 'UnknownAuthorizer', text, passes: false } });

function httpAuthorizer(name: string, spec: HttpSpec, draft: Draft): Authorizer {
  const wrong = settingsProblem(spec);
  if (wrong) return problem(wrong);
  const { port = 0 } = spec;
  const service = serviceOf(spec);
  const cluster = clusterOf(spec);
  const { clusters } = draft.snapshot;
  const isService = Object.keys(clusters).some((one) => parseClusterName(one)?.host === service);
  if (!isService) return problem(`names the unknown service ${spec.service}:${port}`);
  const provider = { name, cluster, service, port, ...behaviour(spec), ...headers(spec), ...body(spec) };
  // Istio looks for the service alone: nobody answers at a port that it does not have.
  return clusters[cluster]
    ? { provider }
    : { provider, ...problem(`names port ${port}, which ${service} does not have`) };
}

/** Istio takes a provider with any of these for none at all. */
function settingsProblem(spec: HttpSpec): string | undefined {
  const { port = 0, pathPrefix, statusOnError = '' } = spec;
  const patterns = [
    ...[spec.includeRequestHeadersInCheck, spec.includeHeadersInCheck, spec.headersToUpstreamOnAllow],
    ...[spec.headersToDownstreamOnAllow, spec.headersToDownstreamOnDeny],
  ];
  if (port < 1 || port > 65_535) return 'has no valid port';
  if (pathPrefix && !pathPrefix.startsWith('/')) return 'has a pathPrefix without a leading slash';
  if (statusOnError !== '' && !STATUSES.has(Number(statusOnError)))
    return `has an unknown statusOnError ${statusOnError}`;
  return patterns.some((names) => names?.includes('*')) ? 'lists a single * among its headers' : undefined;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Envoy's list of statuses (envoy.type.v3.StatusCode). */
const STATUSES = new Set([
  ...[100, ...range(200, 208), 226, ...range(300, 305), 307, 308, ...range(400, 417)],
  ...[421, 422, 423, 424, 426, 428, 429, 431, ...range(500, 508), 510, 511],
]);

function behaviour(spec: HttpSpec) {
  return {
    timeoutMs: wholeMs(spec.timeout) || TIMEOUT_MS,
    pathPrefix: spec.pathPrefix ?? '',
    failOpen: spec.failOpen ?? false,
    statusOnError: Number(spec.statusOnError) || 403,
  };
}

function headers(spec: HttpSpec) {
  return {
    includeRequestHeadersInCheck: checkedHeaders(spec).map(pattern),
    includeAdditionalHeadersInCheck: Object.entries(spec.includeAdditionalHeadersInCheck ?? {}).sort(),
    headersToUpstreamOnAllow: (spec.headersToUpstreamOnAllow ?? []).map(pattern),
    headersToDownstreamOnAllow: (spec.headersToDownstreamOnAllow ?? []).map(pattern),
    headersToDownstreamOnDeny: (spec.headersToDownstreamOnDeny ?? []).map(pattern),
  };
}

/** The old name counts where the new one names nothing. */
function checkedHeaders({
  includeRequestHeadersInCheck: names = [],
  includeHeadersInCheck: old = [],
}: HttpSpec): string[] {
  return names.length > 0 ? names : old;
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
