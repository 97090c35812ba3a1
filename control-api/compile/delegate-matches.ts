/** How the match conditions of a root route and of its delegate are joined. Istio: mergeHTTPMatchRequests. */
import type { HttpMatchSpec, StringMatchSpec } from './spec.ts';

/** Every pair that does not contradict itself; undefined when some condition of the delegate fits none of the root's. */
export function mergeMatches(root: HttpMatchSpec[], delegate: HttpMatchSpec[]): HttpMatchSpec[] | undefined {
  if (root.length === 0) return delegate;
  if (delegate.length === 0) return root;
  const merged: HttpMatchSpec[] = [];
  for (const leaf of delegate) {
    const fitting = root.filter((candidate) => !conflicts(candidate, leaf));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((candidate) => mergeMatch(candidate, leaf)));
  }
  return merged;
}

function mergeMatch(root: HttpMatchSpec, leaf: HttpMatchSpec): HttpMatchSpec {
  const name = [root.name, leaf.name].filter(Boolean).join('-');
  const { ignoreUriCase: _, ...inherited } = root;
  return {
    ...inherited,
    ...leaf,
    ...(name && { name }),
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
    sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
    gateways: leaf.gateways?.length ? leaf.gateways : (root.gateways ?? []),
  };
}

function conflicts(root: HttpMatchSpec, leaf: HttpMatchSpec): boolean {
  return (
    (['uri', 'scheme', 'method', 'authority'] as const).some((field) => stringConflict(root[field], leaf[field])) ||
    (['headers', 'withoutHeaders', 'queryParams'] as const).some((field) => mapConflict(root[field], leaf[field])) ||
    (root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false) ||
    Boolean(root.port && leaf.port && root.port !== leaf.port) ||
    Boolean(root.sourceNamespace && root.sourceNamespace !== leaf.sourceNamespace) ||
    Object.entries(leaf.sourceLabels ?? {}).some(([key, value]) => (root.sourceLabels?.[key] ?? value) !== value) ||
    gatewayConflict(root.gateways ?? [], leaf.gateways ?? [])
  );
}

function gatewayConflict(root: string[], leaf: string[]): boolean {
  return root.length > 0 && leaf.length > 0 && (root.length < leaf.length || leaf.some((name) => !root.includes(name)));
}

function mapConflict(
  root: Record<string, StringMatchSpec> | undefined,
  leaf: Record<string, StringMatchSpec> | undefined,
): boolean {
  return Object.entries(leaf ?? {}).some(([key, match]) => stringConflict(root?.[key], match));
}

/** A regex goes with nothing else; an exact match takes only itself; a prefix takes what lies inside it. */
function stringConflict(root: StringMatchSpec | undefined, leaf: StringMatchSpec | undefined): boolean {
  if (!root || !leaf) return false;
  const any = ({ exact, prefix, regex }: StringMatchSpec) => Boolean(exact || prefix || regex);
  if ((root.regex && any(leaf)) || (leaf.regex && any(root))) return true;
  if (root.exact) return Boolean(leaf.prefix) || leaf.exact !== root.exact;
  if (root.prefix && (leaf.prefix || leaf.exact)) return !(leaf.prefix || leaf.exact || '').startsWith(root.prefix);
  return true;
}
