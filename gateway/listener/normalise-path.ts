/**
 * Path normalisation, once per request: what is matched, authorised and forwarded is what comes out of here. The rules
 * are those of Envoy's normalize_path, merge_slashes and path_with_escaped_slashes_action as Istio sets them.
 */
import type { MeshSettings } from '../snapshot.ts';

type Normalisation = MeshSettings['pathNormalization'];

/** Nothing to do for a path without these: no escape, no back slash, no dot segment, nothing that must be escaped. */
const SUSPICIOUS = /[%\\|"<>^`{}]|\/\.|[^\x21-\x7e]/;
/** Only a dot segment that is written out loses its parameters, and `\\` does not end them: so in Envoy. */
const DOT_PARAMETERS = /(^|\/)(\.{1,2});[^/]*/g;
const MUST_ESCAPE = /["<>^`{|}]|[^\x21-\x7e]/g;
const ESCAPED_UNRESERVED = /%(?:2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])/g;

/**
 * Normalises the path of a request's target; its query stays as it came.
 * @returns undefined when the path must be refused with 400 (an encoded NUL).
 */
export function normaliseTarget(target: string, mode: Normalisation): string | undefined {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const normal = normalisePath(path, mode);
  // A joined string would be flattened again by whoever looks at it.
  if (normal === path) return target;
  return normal === undefined || query < 0 ? normal : normal + target.slice(query);
}

/**
 * Normalises a path without its query.
 * @returns undefined when the path must be refused with 400 (an encoded NUL).
 */
export function normalisePath(path: string, mode: Normalisation): string | undefined {
  if (mode === 'NONE') return path;
  let normal = path;
  if (SUSPICIOUS.test(path)) {
    if (path.includes('%00')) return undefined;
    if (mode === 'DECODE_AND_MERGE_SLASHES') normal = normal.replace(/%2f/gi, '/').replace(/%5c/gi, '\\');
    normal = removeDotSegments(canonical(normal.replace(DOT_PARAMETERS, '$1$2')));
  }
  return mode === 'BASE' ? normal : mergeSlashes(normal);
}

/** Unreserved characters lose their escape, `\` becomes `/`, and what may not stand in a path is escaped. */
function canonical(path: string): string {
  return path
    .replace(ESCAPED_UNRESERVED, (escaped) => String.fromCharCode(Number.parseInt(escaped.slice(1), 16)))
    .replaceAll('\\', '/')
    .replace(MUST_ESCAPE, (character) => encodeURIComponent(character));
}

function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const segments = path.split('/');
  const kept: string[] = [];
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment !== '.' && segment !== '..') {
      kept.push(segment);
      return;
    }
    if (segment === '..' && kept.length > 1) kept.pop();
    if (last) kept.push('');
  });
  return kept.join('/');
}

/** Nothing but slashes keeps the first and the last one (a real Envoy's merge_slashes). */
function mergeSlashes(path: string): string {
  if (!path.includes('//')) return path;
  return /^\/+$/.test(path) ? '//' : path.replace(/\/{2,}/g, '/');
}
