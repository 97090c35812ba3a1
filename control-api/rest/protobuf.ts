/**
 * kubectl's typed commands (create configmap, auth can-i …) send Kubernetes' protobuf envelope whatever the server says it
 * takes. The messages are those of k8s.io/api's generated.proto, as far as these commands fill them; answers are JSON.
 */
import { createFileRegistry, type DescMessage, fromBinary, fromJson, toJson } from '@bufbuild/protobuf';
import { type FieldDescriptorProto_Type, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { ApiError } from './api-error.ts';
import type { Json } from './apply/fields.ts';

/** field name → [number, type]; `[]` after a type repeats it, `map:` is a map from strings. */
type Fields = Record<string, [number, string]>;

const MESSAGES: Record<string, Fields> = {
  TypeMeta: { apiVersion: [1, 'string'], kind: [2, 'string'] },
  Unknown: { typeMeta: [1, 'TypeMeta'], raw: [2, 'bytes'], contentEncoding: [3, 'string'], contentType: [4, 'string'] },
  ObjectMeta: {
    name: [1, 'string'],
    generateName: [2, 'string'],
    namespace: [3, 'string'],
    uid: [5, 'string'],
    resourceVersion: [6, 'string'],
    labels: [11, 'map:string'],
    annotations: [12, 'map:string'],
    finalizers: [14, 'string[]'],
  },
  ConfigMap: {
    metadata: [1, 'ObjectMeta'],
    data: [2, 'map:string'],
    binaryData: [3, 'map:bytes'],
    immutable: [4, 'bool'],
  },
  Secret: {
    metadata: [1, 'ObjectMeta'],
    data: [2, 'map:bytes'],
    type: [3, 'string'],
    stringData: [4, 'map:string'],
    immutable: [5, 'bool'],
  },
  Namespace: { metadata: [1, 'ObjectMeta'] },
  IntOrString: { type: [1, 'int64'], intVal: [2, 'int32'], strVal: [3, 'string'] },
  ServicePort: {
    name: [1, 'string'],
    protocol: [2, 'string'],
    port: [3, 'int32'],
    targetPort: [4, 'IntOrString'],
    nodePort: [5, 'int32'],
    appProtocol: [6, 'string'],
  },
  ServiceSpec: {
    ports: [1, 'ServicePort[]'],
    selector: [2, 'map:string'],
    clusterIP: [3, 'string'],
    type: [4, 'string'],
    externalName: [10, 'string'],
  },
  Service: { metadata: [1, 'ObjectMeta'], spec: [2, 'ServiceSpec'] },
  ResourceAttributes: {
    namespace: [1, 'string'],
    verb: [2, 'string'],
    group: [3, 'string'],
    version: [4, 'string'],
    resource: [5, 'string'],
    subresource: [6, 'string'],
    name: [7, 'string'],
  },
  SelfSubjectAccessReviewSpec: { resourceAttributes: [1, 'ResourceAttributes'] },
  SelfSubjectAccessReview: { metadata: [1, 'ObjectMeta'], spec: [2, 'SelfSubjectAccessReviewSpec'] },
  SelfSubjectRulesReviewSpec: { namespace: [1, 'string'] },
  SelfSubjectRulesReview: { metadata: [1, 'ObjectMeta'], spec: [2, 'SelfSubjectRulesReviewSpec'] },
};

const PACKAGE = 'k8s';
const SCALARS: Record<string, keyof typeof FieldDescriptorProto_Type> = {
  string: 'STRING',
  bytes: 'BYTES',
  bool: 'BOOL',
  int32: 'INT32',
  int64: 'INT64',
};

const registry = createFileRegistry(
  fromJson(FileDescriptorSetSchema, {
    file: [
      {
        name: 'k8s.proto',
        package: PACKAGE,
        syntax: 'proto3',
        messageType: Object.entries(MESSAGES).map(([name, fields]) => message(name, fields)),
      },
    ],
  }),
);

function message(name: string, fields: Fields) {
  const maps = Object.entries(fields).filter(([, [, type]]) => type.startsWith('map:'));
  return {
    name,
    field: Object.entries(fields).map(([field, [number, type]]) => descriptor(name, field, number, type)),
    nestedType: maps.map(([field, [, type]]) => ({
      name: entryName(field),
      field: [descriptor(name, 'key', 1, 'string'), descriptor(name, 'value', 2, type.slice('map:'.length))],
      options: { mapEntry: true },
    })),
  };
}

function descriptor(parent: string, name: string, number: number, type: string) {
  const isMap = type.startsWith('map:');
  const isRepeated = isMap || type.endsWith('[]');
  const base = isMap ? `${parent}.${entryName(name)}` : type.replace('[]', '');
  const scalar = SCALARS[base];
  const label = isRepeated ? 'LABEL_REPEATED' : 'LABEL_OPTIONAL';
  return {
    name,
    jsonName: name,
    number,
    label,
    ...(scalar ? { type: `TYPE_${scalar}` } : { type: 'TYPE_MESSAGE', typeName: `.${PACKAGE}.${base}` }),
  };
}

/** protoc's name for the entry message of a map field. */
function entryName(field: string): string {
  return `${field[0]!.toUpperCase()}${field.slice(1)}Entry`;
}

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** `k8s\0`, before the envelope. */
const MAGIC_BYTES = 4;

/** The object in an envelope, as the JSON body would have been. Throws UnsupportedMediaType for a kind not in the table. */
export function readProtobuf(bytes: Uint8Array): Json {
  const envelope = decode('Unknown', bytes.subarray(MAGIC_BYTES)) as {
    typeMeta?: { apiVersion?: string; kind?: string };
    raw?: string;
  };
  const { apiVersion = '', kind = '' } = envelope.typeMeta ?? {};
  const object = decode(
    kind,
    Uint8Array.from(atob(envelope.raw ?? ''), (char) => char.charCodeAt(0)),
  );
  return { apiVersion, kind, ...object };
}

function decode(name: string, bytes: Uint8Array): Json {
  const desc: DescMessage | undefined = registry.getMessage(`${PACKAGE}.${name}`);
  if (!desc) throw new ApiError('UnsupportedMediaType', `a ${name || 'body'} in protobuf is not understood; send JSON`);
  try {
    return toJson(desc, fromBinary(desc, bytes)) as Json;
  } catch {
    throw new ApiError('BadRequest', `the body is not a readable protobuf ${name}`);
  }
}
