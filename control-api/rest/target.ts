/** What a path under /api and /apis names. */
import { ApiError } from './api-error.ts';
import { findKind, type Kind } from './kinds.ts';

export interface Target {
  kind: Kind;
  version: string;
  /** '' = all namespaces, or a cluster-scoped kind. */
  namespace: string;
  /** undefined = the collection. */
  name: string | undefined;
  subresource: 'status' | undefined;
}

/** RFC 1123 subdomain, which also keeps `..` and `/` out of every name. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws NotFound for a path that names nothing served here. */
export function parseTarget(pathname: string): Target {
  const segments = pathname.split('/').slice(1).map(decode);
  const [root, ...rest] = segments;
  const [group, version, ...path] = root === 'api' ? ['', ...rest] : rest;
  const target = root === 'api' || root === 'apis' ? inGroup(group ?? '', version ?? '', path) : undefined;
  if (!target) throw new ApiError('NotFound', 'the server could not find the requested resource');
  return target;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiError('BadRequest', `invalid path segment ${JSON.stringify(segment)}`);
  }
}

function inGroup(group: string, version: string, path: string[]): Target | undefined {
  const isNamespaced = path[0] === 'namespaces' && path.length > 2 && !(path.length === 3 && path[2] === 'status');
  const namespace = isNamespaced ? checkName('namespace', path[1]!) : '';
  const [plural = '', name, subresource, extra] = isNamespaced ? path.slice(2) : path;
  const kind = findKind(group, version, plural);
  if (!kind || extra !== undefined || (isNamespaced && !kind.namespaced)) return undefined;
  if (name !== undefined && kind.namespaced && !isNamespaced) return undefined;
  if (subresource !== undefined && (subresource !== 'status' || !kind.hasStatus)) return undefined;
  return { kind, version, namespace, name: name === undefined ? undefined : checkName('name', name), subresource };
}

/** A lower-case RFC 1123 subdomain, or BadRequest. */
export function checkName(what: string, name: string): string {
  if (NAME.test(name) && !name.includes('..')) return name;
  throw new ApiError('BadRequest', `invalid ${what} ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain is needed`);
}
