/** An Ingress path as Istio's match, and its place among the others (ingress-nginx: exact, then the longest first). */
import type { HttpMatchSpec, HttpRouteSpec } from '../../compile/spec.ts';
import { annotation, type Ingress, type IngressPath, isOn } from './annotations.ts';

/** A rewrite makes ingress-nginx take all paths for regular expressions too. */
const usesRegex = (ingress: Ingress): boolean =>
  isOn(ingress, 'use-regex') || annotation(ingress, 'rewrite-target') !== undefined;

/** Prefixes match whole segments; regular expressions ignore case and may go on after their end. */
export function matchesOf(ingress: Ingress, { path = '/', pathType }: IngressPath): HttpMatchSpec[] {
  if (pathType === 'Exact') return [{ uri: { exact: path } }];
  if (path === '/') return [{ uri: { prefix: '/' } }];
  if (usesRegex(ingress)) return [{ uri: { regex: patternOf(path) } }];
  const bare = path.replace(/\/$/, '');
  return [{ uri: { exact: bare } }, { uri: { prefix: `${bare}/` } }];
}

const patternOf = (path: string): string => (path.endsWith('$') ? `(?i)${path.slice(0, -1)}` : `(?i)${path}.*`);

export function orderOf({ path = '/', pathType }: IngressPath): [exact: number, length: number] {
  return [pathType === 'Exact' ? 0 : 1, -path.length];
}

/** The whole path becomes the target, with `$1` for what the path's groups matched. */
export function rewriteOf(ingress: Ingress, { path = '/' }: IngressPath): HttpRouteSpec['rewrite'] {
  const target = annotation(ingress, 'rewrite-target');
  const authority = annotation(ingress, 'upstream-vhost');
  if (target === undefined && authority === undefined) return undefined;
  const rewrite = target?.replace(/\$(\d)/g, '\\$1') ?? '';
  const match = `^${patternOf(path)}$`.replace('^(?i)', '(?i)^');
  return { ...(target !== undefined && { uriRegexRewrite: { match, rewrite } }), ...(authority && { authority }) };
}
