/** The structural schemas of the kinds we know, found by group and kind. */
import kinds from './schemas.gen.json' with { type: 'json' };

export interface CelRule {
  rule: string;
  message?: string;
  messageExpression?: string;
}

/** A structural OpenAPI schema, as CRDs hold it. */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  pattern?: string;
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  not?: Schema;
  'x-kubernetes-validations'?: CelRule[];
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
}

export interface KindSchema {
  group: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  versions: readonly string[];
  /** Required fields of the object itself: `spec` or none. */
  required: readonly string[];
  spec: Schema;
}

const BY_NAME = new Map((kinds as unknown as KindSchema[]).map((entry) => [`${entry.group}/${entry.kind}`, entry]));

/** The kinds with a schema, by name. */
export function kindSchemas(): KindSchema[] {
  return [...BY_NAME.values()];
}

/** The schema of a kind in a group, whatever the version; undefined for kinds we have none of. */
export function schemaOf(group: string, kind: string): KindSchema | undefined {
  return BY_NAME.get(`${group}/${kind}`);
}

const CORE_KINDS = new Set(['/ConfigMap', '/Secret', '/Service', '/Namespace', 'discovery.k8s.io/EndpointSlice']);

/** Kubernetes' own kinds that we read; they are taken without a check of their fields. */
export function isCoreKind(group: string, kind: string): boolean {
  return CORE_KINDS.has(`${group}/${kind}`);
}
