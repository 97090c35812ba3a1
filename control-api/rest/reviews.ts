/** "Who am I" and "may I": kubectl auth whoami and can-i (authentication.k8s.io/v1, authorization.k8s.io/v1). */
import { may, type User } from '../access/user.ts';
import type { Json } from './apply/fields.ts';

export function selfSubjectReview(user: User): Json {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    status: { userInfo: { username: user.name, groups: user.groups } },
  };
}

export function selfSubjectAccessReview(user: User, body: Json): Json {
  const { resourceAttributes = {} } = (body.spec ?? {}) as { resourceAttributes?: Record<string, string> };
  const { verb = '', group = '', resource = '', namespace = '' } = resourceAttributes;
  const allowed = may(user, { verb, group, resource, namespace });
  return { ...body, kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', status: { allowed } };
}

export function selfSubjectRulesReview(user: User, body: Json): Json {
  const { namespace = 'default' } = (body.spec ?? {}) as { namespace?: string };
  const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
  const allowed = verbs.filter((verb) => may(user, { verb, group: '*', resource: '*', namespace }));
  const resourceRules = allowed.length > 0 ? [{ verbs: allowed, apiGroups: ['*'], resources: ['*'] }] : [];
  return {
    ...body,
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    status: { resourceRules, nonResourceRules: [], incomplete: false },
  };
}
