/** One object a user wrote, normalised to camelCase and current field names, with the place of every field. */

/** 1-based, as editors count. `file` is `-` for standard input and `(api)` for an object that came over the API. */
export interface Position {
  file: string;
  line: number;
  column: number;
}

export interface ObjectMeta {
  name: string;
  /** Never empty: `default` (or -n) where the user gave none. */
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** RFC 3339; '' when absent, which sorts first. */
  creationTimestamp: string;
}

export interface Resource<Spec = Record<string, unknown>> {
  /** As written, e.g. `networking.istio.io/v1beta1`. */
  apiVersion: string;
  /** `networking.istio.io`; '' for core kinds. */
  group: string;
  kind: string;
  metadata: ObjectMeta;
  /** Normalised: camelCase, old names renamed. For ConfigMap, Service, EndpointSlice: everything beside metadata. */
  spec: Spec;
  /** The place of a field of the object; the nearest known parent's place when the field itself has none. */
  at(path: FieldPath): Position;
}

/** `['spec', 'http', 0, 'match']` */
export type FieldPath = readonly (string | number)[];

/** `VirtualService default/reviews`, as findings print it. */
export function describe(resource: Pick<Resource, 'kind' | 'metadata'>): string {
  return `${resource.kind} ${resource.metadata.namespace}/${resource.metadata.name}`;
}
