/** The kinds that the API serves: Istio's and ours from the generated schemas, and the few core ones that configuration needs. */
import { kindSchemas } from '../resources/schema.ts';
import type { SchemaNode } from './apply/fields.ts';

export interface Kind {
  /** '' for the core group. */
  group: string;
  /** Served versions, the preferred one first. All of them share one schema. */
  versions: readonly string[];
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  namespaced: boolean;
  /** Of the whole object. */
  schema: SchemaNode;
  /** Whether `.status` is a subresource, as CRDs have it. */
  hasStatus: boolean;
}

const anything: SchemaNode = { type: 'object', additionalProperties: true };
const strings: SchemaNode = { type: 'object', additionalProperties: { type: 'string' } };
const objectMeta: SchemaNode = {
  type: 'object',
  properties: {
    labels: strings,
    annotations: strings,
    finalizers: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
  },
};
const objectSchema = (properties: Record<string, SchemaNode>): SchemaNode => ({
  type: 'object',
  properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: objectMeta, ...properties },
});

/** Service ports are known by port and protocol, as Kubernetes' own schema has it. */
const servicePorts: SchemaNode = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['port', 'protocol'],
  items: { type: 'object', properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } } },
};

function core(
  kind: string,
  plural: string,
  shortNames: string[],
  properties: Record<string, SchemaNode>,
  group = '',
  namespaced = true,
): Kind {
  const schema = objectSchema(properties);
  return {
    group,
    versions: ['v1'],
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames,
    namespaced,
    schema,
    hasStatus: false,
  };
}

const CORE: Kind[] = [
  core('Namespace', 'namespaces', ['ns'], { spec: anything, status: anything }, '', false),
  // kubectl describe lists an object's events; nothing here writes any.
  core('Event', 'events', ['ev'], {
    involvedObject: anything,
    reason: { type: 'string' },
    message: { type: 'string' },
  }),
  core('ConfigMap', 'configmaps', ['cm'], { data: strings, binaryData: strings, immutable: { type: 'boolean' } }),
  core('Secret', 'secrets', [], {
    data: strings,
    stringData: strings,
    type: { type: 'string' },
    immutable: { type: 'boolean' },
  }),
  core('Service', 'services', ['svc'], {
    spec: {
      type: 'object',
      properties: { ports: servicePorts, selector: { ...strings, 'x-kubernetes-map-type': 'atomic' } },
    },
    status: anything,
  }),
  core(
    'EndpointSlice',
    'endpointslices',
    [],
    {
      addressType: { type: 'string' },
      endpoints: { type: 'array', items: anything },
      ports: { type: 'array', items: anything },
    },
    'discovery.k8s.io',
  ),
];

const GENERATED: Kind[] = kindSchemas().map((generated) => {
  const { group, kind, plural, singular, shortNames, versions } = generated;
  const spec = generated.spec as SchemaNode;
  const schema = objectSchema({ spec, status: anything });
  return {
    group,
    versions: versions.toSorted(byMaturity),
    kind,
    plural,
    singular,
    shortNames,
    namespaced: true,
    schema,
    hasStatus: true,
  };
});

/** v1 before v1beta1 before v1alpha3, as Kubernetes ranks versions. */
export function byMaturity(a: string, b: string): number {
  const rank = (version: string) => (version.includes('alpha') ? 2 : version.includes('beta') ? 1 : 0);
  return rank(a) - rank(b) || (a < b ? 1 : -1);
}

export const KINDS: readonly Kind[] = [...CORE, ...GENERATED];

export function findKind(group: string, version: string, plural: string): Kind | undefined {
  return KINDS.find((kind) => kind.group === group && kind.plural === plural && kind.versions.includes(version));
}

/** `networking.istio.io/virtualservices`: the store's name for a kind, the same for all its versions. */
export const resourceOf = (kind: Pick<Kind, 'group' | 'plural'>): string => `${kind.group}/${kind.plural}`;

/** `virtualservices.networking.istio.io`, as error texts name it. */
export const qualified = (kind: Pick<Kind, 'group' | 'plural'>): string =>
  kind.group ? `${kind.plural}.${kind.group}` : kind.plural;

export const apiVersionOf = (group: string, version: string): string => (group ? `${group}/${version}` : version);
