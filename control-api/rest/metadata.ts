/** What the server itself writes into an object's metadata (Kubernetes API conventions, "Metadata"). */
import { ApiError } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';
import { type ManagedFieldsEntry, same } from './apply/ownership.ts';
import { apiVersionOf, qualified } from './kinds.ts';
import { checkName, type Target } from './target.ts';

export interface Meta extends Json {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion?: string;
  generation: number;
  creationTimestamp: string;
  managedFields?: ManagedFieldsEntry[];
}

export const metaOf = (object: Json): Meta => (isObject(object.metadata) ? object.metadata : {}) as Meta;

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestamp = (now = Date.now()): string => `${new Date(now).toISOString().slice(0, 19)}Z`;

/** The body must be of the target's kind, version, namespace and name; what it leaves out is filled in. */
export function addressed(object: Json, target: Target): Json {
  const apiVersion = apiVersionOf(target.kind.group, target.version);
  if ((object.kind ?? target.kind.kind) !== target.kind.kind || (object.apiVersion ?? apiVersion) !== apiVersion) {
    throw new ApiError(
      'BadRequest',
      `the object provided is ${object.apiVersion}, Kind=${object.kind}, but ${apiVersion}, Kind=${target.kind.kind} was expected`,
    );
  }
  const meta = metaOf(object);
  const namespace = meta.namespace || target.namespace;
  if (target.kind.namespaced && namespace !== target.namespace) {
    throw new ApiError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  return {
    ...object,
    apiVersion,
    kind: target.kind.kind,
    metadata: { ...meta, name: nameOf(meta, target), ...(target.kind.namespaced && { namespace }) },
  };
}

function nameOf(meta: Meta, target: Target): string {
  const generated = meta.generateName ? `${meta.generateName}${crypto.randomUUID().slice(0, 5)}` : undefined;
  const name = meta.name ?? target.name ?? generated;
  if (!name)
    throw new ApiError(
      'Invalid',
      `${target.kind.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
    );
  if (target.name !== undefined && name !== target.name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  return checkName('name', name);
}

export function born(object: Json, target: Target): Json {
  const meta: Json = { ...metaOf(object), uid: crypto.randomUUID(), creationTimestamp: timestamp(), generation: 1 };
  delete meta.resourceVersion;
  const { status: _status, ...rest } = object;
  return { ...(target.kind.hasStatus ? rest : object), metadata: meta };
}

/** `next` as the successor of `live`: identity kept, generation counted up when more than metadata and status changed. */
export function succeeded(live: Json, next: Json, target: Target): Json {
  const before = metaOf(live);
  const { uid, creationTimestamp } = before;
  const status = target.subresource === 'status' ? next.status : live.status;
  const body = target.subresource === 'status' ? live : next;
  const object: Json = { ...body, ...(target.kind.hasStatus && { status }) };
  if (object.status === undefined) delete object.status;
  const generation = before.generation + (same(bodyOf(live), bodyOf(object)) ? 0 : 1);
  return { ...object, metadata: { ...metaOf(body), uid, creationTimestamp, generation } };
}

function bodyOf({ metadata: _metadata, status: _status, ...body }: Json): Json {
  return body;
}

/** Optimistic locking: a write that names a resourceVersion only succeeds on that one. */
export function checkVersion(live: Json, sent: Json, target: Target): void {
  const wanted = metaOf(sent).resourceVersion;
  if (wanted === undefined || wanted === '' || wanted === metaOf(live).resourceVersion) return;
  throw new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(target.kind)} "${metaOf(live).name}": the object has been modified; please apply your changes to the latest version and try again`,
    { name: metaOf(live).name, group: target.kind.group, kind: target.kind.plural },
  );
}
