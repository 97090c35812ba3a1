/** What kubectl asks before anything else: versions, groups and the resources of each (Kubernetes: "API Discovery"). */
import type { Json } from './apply/fields.ts';
import { apiVersionOf, byMaturity, KINDS, type Kind } from './kinds.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** A Kubernetes version whose kubectl is known to work against this API. */
export const VERSION = { major: '1', minor: '32', gitVersion: 'v1.32.0+bowsprit', platform: 'workerd' };

export const coreVersions = (): Json => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });

export function groupList(): Json {
  const groups = [...new Set(KINDS.map((kind) => kind.group))].filter(Boolean).sort();
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groups, 'authentication.k8s.io', 'authorization.k8s.io'].map(groupOf),
  };
}

function groupOf(name: string): Json {
  const versions = versionsOf(name).map((version) => ({ groupVersion: apiVersionOf(name, version), version }));
  return { name, versions, preferredVersion: versions[0] };
}

function versionsOf(group: string): string[] {
  if (group === 'authentication.k8s.io' || group === 'authorization.k8s.io') return ['v1'];
  return [...new Set(KINDS.filter((kind) => kind.group === group).flatMap((kind) => kind.versions))].sort(byMaturity);
}

/** undefined when the group version is not served. */
export function resourceList(group: string, version: string): Json | undefined {
  const groupVersion = apiVersionOf(group, version);
  const reviews = REVIEWS[groupVersion];
  const kinds = KINDS.filter((kind) => kind.group === group && kind.versions.includes(version));
  if (kinds.length === 0 && !reviews) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: [...kinds.flatMap(entries), ...(reviews ?? [])],
  };
}

function entries(kind: Kind): Json[] {
  const { kind: name, plural, singular, shortNames, namespaced } = kind;
  const entry = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: name,
    verbs: VERBS,
    shortNames,
    categories: ['all-config'],
  };
  const status = {
    name: `${plural}/status`,
    singularName: '',
    namespaced,
    kind: name,
    verbs: ['get', 'patch', 'update'],
  };
  return kind.hasStatus ? [entry, status] : [entry];
}

const review = (name: string, kind: string): Json => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced: false,
  kind,
  verbs: ['create'],
});
const REVIEWS: Record<string, Json[]> = {
  'authentication.k8s.io/v1': [review('selfsubjectreviews', 'SelfSubjectReview')],
  'authorization.k8s.io/v1': [
    review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
    review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  ],
};
