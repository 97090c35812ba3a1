/** Who calls, and what they may do: three roles, per namespace or everywhere. */
export const ROLES = ['viewer', 'editor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Grant {
  role: Role;
  /** '*' = every namespace and the cluster-scoped kinds. */
  namespace: string;
}

export interface User {
  name: string;
  groups: string[];
  grants: Grant[];
}

export interface Request {
  /** Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection. */
  verb: string;
  group: string;
  resource: string;
  namespace: string;
}

const READ = new Set(['get', 'list', 'watch']);

/**
 * viewer reads everything but Secrets; editor writes everything namespaced but Secrets' values can still not be read by
 * anybody (they are write-only); admin also writes Namespaces and manages access.
 */
export function may(user: User, request: Request): boolean {
  return user.grants.some((grant) => covers(grant, request) && allows(grant.role, request));
}

function covers(grant: Grant, request: Request): boolean {
  return grant.namespace === '*' || (request.namespace !== '' && grant.namespace === request.namespace);
}

function allows(role: Role, request: Request): boolean {
  if (role === 'admin') return true;
  const isSecret = request.group === '' && request.resource === 'secrets';
  if (READ.has(request.verb)) return role === 'editor' || !isSecret;
  const isAdministrative = request.resource === 'namespaces' || request.group === 'access.bowsprit.dev';
  return role === 'editor' && !isAdministrative;
}
