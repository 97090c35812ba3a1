/**
 * Delegation: the routes of a VirtualService without hosts take the place of the root route that names it. Matches are
 * ANDed; a delegate's route that the root's match does not contain is left out. Istio: MergeHTTPRoutes.
 */
import { about } from '../analysis/about.ts';
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import type { Resource } from '../resources/resource.ts';
import { mergeMatches } from './delegate-matches.ts';
import { resolveGateway, resolveHost } from './names.ts';
import type { CompileInput, Draft } from './processor.ts';
import { keyOf } from './select.ts';
import type { DestinationSpec, HttpRouteSpec, VirtualServiceSpec } from './spec.ts';
import { exportedTo } from './visibility.ts';

type VirtualService = Resource<VirtualServiceSpec>;

/** One route with the place where it was written; the index counts in `from`'s spec.http. */
export interface WrittenRoute {
  spec: HttpRouteSpec;
  from: VirtualService;
  index: number;
}
/** A VirtualService with hosts, its delegates merged in. */
export interface MergedVirtualService {
  resource: VirtualService;
  http: WrittenRoute[];
  /** About delegates that are not there. */
  findings: Finding[];
}

/** What a VirtualService is for the others. */
interface Role {
  isRoot: boolean;
  /** Of the delegates that its routes name. */
  delegates: readonly string[];
  /** Without delegates nothing can change it. */
  merged: MergedVirtualService | undefined;
}

/** @param all in Istio's order; those without hosts are delegates and serve nothing of their own. */
export function mergeDelegates(
  all: readonly VirtualService[],
  input: CompileInput,
  { findings, memo }: Draft,
): MergedVirtualService[] {
  const roles = memo.each('roles of virtual services', all, roleOf);
  const delegates = new Map<string, VirtualService>();
  for (const [index, { isRoot }] of roles.entries()) if (!isRoot) delegates.set(keyOf(all[index]!), all[index]!);
  const known = memo.table<MergedVirtualService>('virtual services with their delegates');
  const merged: MergedVirtualService[] = [];
  for (const [index, role] of roles.entries()) {
    if (!role.isRoot) continue;
    const root = all[index]!;
    const named = role.delegates.map((name) => delegates.get(name));
    const one = role.merged ?? known(root, named, () => mergeDelegate(root, delegates, input));
    for (const found of one.findings) findings.push(found);
    merged.push(one);
  }
  return merged;
}

function roleOf(one: VirtualService): Role {
  const isRoot = (one.spec.hosts?.length ?? 0) > 0;
  const delegates = (one.spec.http ?? []).flatMap(({ delegate }) => (delegate ? [delegateName(delegate, one)] : []));
  const http = () => (one.spec.http ?? []).map((spec, index) => ({ spec, from: one, index }));
  const merged = isRoot && delegates.length === 0 ? { resource: one, http: http(), findings: [] } : undefined;
  return { isRoot, delegates, merged };
}

function mergeDelegate(
  root: VirtualService,
  delegates: ReadonlyMap<string, VirtualService>,
  input: CompileInput,
): MergedVirtualService {
  const findings: Finding[] = [];
  const http = (root.spec.http ?? []).flatMap((spec, index): WrittenRoute[] => {
    const written = { spec, from: root, index };
    return spec.delegate ? delegated(written, delegates, input, findings) : [written];
  });
  return { resource: root, http, findings };
}

const delegateName = ({ name, namespace }: NonNullable<HttpRouteSpec['delegate']>, root: VirtualService): string =>
  `${namespace || root.metadata.namespace}/${name ?? ''}`;

function delegated(
  root: WrittenRoute,
  delegates: ReadonlyMap<string, VirtualService>,
  input: CompileInput,
  findings: Finding[],
): WrittenRoute[] {
  const { namespace } = root.from.metadata;
  const name = delegateName(root.spec.delegate ?? {}, root.from);
  const found = delegates.get(name);
  const exported =
    found && exportedTo(found.spec.exportTo, found.metadata.namespace, input.mesh.defaultVirtualServiceExportTo);
  if (!found || !(exported?.has('*') || exported?.has(namespace))) {
    const problem = found ? `is not exported to ${namespace}` : 'is not there, or has hosts of its own';
    const path = ['spec', 'http', root.index, 'delegate'];
    findings.push(finding('DelegateNotFound', { name, problem }, about(root.from, path)));
    return [];
  }
  const { clusterDomain } = input.identity;
  const over = resolveNames(root.spec, namespace, clusterDomain);
  return (found.spec.http ?? []).flatMap((spec, index): WrittenRoute[] => {
    const merged = mergeRoute(over, resolveNames(spec, found.metadata.namespace, clusterDomain));
    return merged ? [{ spec: merged, from: found, index }] : [];
  });
}

const INHERITED = [
  'rewrite',
  'directResponse',
  'timeout',
  'retries',
  'fault',
  'mirror',
  'mirrorPercent',
  'mirrorPercentage',
  'corsPolicy',
  'mirrors',
  'headers',
] as const satisfies (keyof HttpRouteSpec)[];

/** The delegate's own settings win, each as a whole; names are joined `root-delegate`. */
function mergeRoute(root: HttpRouteSpec, delegate: HttpRouteSpec): HttpRouteSpec | undefined {
  const match = mergeMatches(root.match ?? [], delegate.match ?? []);
  if (!match) return undefined;
  const inherited = Object.fromEntries(
    INHERITED.filter((field) => root[field] !== undefined).map((field) => [field, root[field]]),
  );
  const name = [root.name, delegate.name].filter(Boolean).join('-');
  return { ...inherited, ...delegate, match, ...(name && { name }) };
}

/** Short names mean the namespace of the VirtualService that wrote them, so they are resolved before routes are mixed. */
function resolveNames(spec: HttpRouteSpec, namespace: string, clusterDomain: string): HttpRouteSpec {
  const resolve = (destination: DestinationSpec): DestinationSpec => ({
    ...destination,
    host: resolveHost(destination.host, namespace, clusterDomain),
  });
  const { match, route, mirror, mirrors, ...rest } = spec;
  return {
    ...rest,
    ...(match && {
      match: match.map(({ gateways, ...other }) => ({
        ...other,
        ...(gateways && { gateways: gateways.map((name) => resolveGateway(name, namespace)) }),
      })),
    }),
    ...(route && {
      route: route.map((one) => (one.destination ? { ...one, destination: resolve(one.destination) } : one)),
    }),
    ...(mirror && { mirror: resolve(mirror) }),
    ...(mirrors && {
      mirrors: mirrors.map((one) => (one.destination ? { ...one, destination: resolve(one.destination) } : one)),
    }),
  };
}
