/**
 * The verbs on objects: get, list, create, update, patch, apply, delete. Each reads what it needs from the call, asks the
 * store, and gives the object to answer with; app.ts turns that into HTTP.
 */

import { sortKeys } from '../compile/identify.ts';
import type { ObjectKey, ObjectStore } from '../store/objects.ts';
import type { Sealer } from '../store/sealer.ts';
import { admit, type FieldValidation, type Review } from './admission.ts';
import { ApiError } from './api-error.ts';
import type { Json } from './apply/fields.ts';
import { apply, type ManagedFieldsEntry, type Manager, update as updateOwners } from './apply/ownership.ts';
import { apiVersionOf, KINDS, qualified, resourceOf } from './kinds.ts';
import { addressed, born, checkVersion, metaOf, succeeded, timestamp } from './metadata.ts';
import { checkMetadata } from './metadata-check.ts';
import { jsonPatch, mergePatch, strategicPatch } from './patch.ts';
import { incomingSecret, isSecret, keptSecret, outgoingSecret, sealedSecret } from './secrets.ts';
import type { Target } from './target.ts';

export interface Call {
  store: ObjectStore;
  target: Target;
  /** fieldManager, or the client's name. */
  manager: string;
  dryRun: boolean;
  force: boolean;
  fieldValidation: FieldValidation;
  review: Review;
  /** Absent: this installation keeps no Secrets. */
  sealer: Sealer | undefined;
}

/** The object written, or that would have been, and what the client should be warned of. */
export interface Written {
  object: Json;
  warnings: string[];
  created: boolean;
}

export type PatchType =
  | 'application/merge-patch+json'
  | 'application/json-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

export const keyOf = (target: Target, name = target.name ?? ''): ObjectKey => ({
  resource: resourceOf(target.kind),
  namespace: target.namespace,
  name,
});

export function read({ store, target }: Call): Json {
  const object = store.get(keyOf(target));
  if (!object) throw notFound(target, target.name ?? '');
  return rendered(object, target);
}

/** All versions of a kind are one object: it is shown in the version that was asked for. */
export function rendered(object: Json, target: Target): Json {
  const shown = isSecret(target) ? outgoingSecret(object) : object;
  return { ...shown, apiVersion: apiVersionOf(target.kind.group, target.version) };
}

/** A body as it came; a Secret's values that `live` has are the stored ones from here on. */
const incoming = (body: Json, { target, sealer }: Call, live?: Json): Json =>
  isSecret(target) ? keptSecret(incomingSecret(body), live, sealer) : body;

export function create(call: Call, body: Json): Written {
  const { store, target } = call;
  const object = born(addressed(incoming(body, call), target), target);
  const { name } = metaOf(object);
  requireNamespace(call);
  if (store.get(keyOf(target, name)))
    throw new ApiError('AlreadyExists', `${qualified(target.kind)} "${name}" already exists`, detailsOf(target, name));
  return write(call, object, updateOwners(undefined, object, target.kind.schema, managerOf(call)), true);
}

export function update(call: Call, body: Json): Written {
  const live = call.store.get(keyOf(call.target));
  if (!live) throw notFound(call.target, call.target.name ?? '');
  return replace(call, live, addressed(incoming(body, call, live), call.target));
}

export function patch(call: Call, type: PatchType, body: unknown): Written {
  if (type === 'application/apply-patch+yaml') return applyPatch(call, body as Json);
  const live = call.store.get(keyOf(call.target));
  if (!live) throw notFound(call.target, call.target.name ?? '');
  const next = patched(rendered(live, call.target), type, body, call.target);
  return replace(call, live, addressed(incoming(next, call, live), call.target));
}

function patched(live: Json, type: PatchType, body: unknown, target: Target): Json {
  if (type === 'application/json-patch+json') return jsonPatch(live, body);
  if (type === 'application/merge-patch+json') return mergePatch(live, body) as Json;
  if (target.kind.hasStatus) {
    throw new ApiError(
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  }
  return strategicPatch(live, body, target.kind.schema) as Json;
}

function replace(call: Call, live: Json, sent: Json): Written {
  const { target } = call;
  checkVersion(live, sent, target);
  const next = succeeded(live, sent, target);
  const owners = updateOwners(
    { object: live, managedFields: ownersOf(live) },
    next,
    target.kind.schema,
    managerOf(call),
  );
  return write(call, next, owners, false);
}

function applyPatch(call: Call, body: Json): Written {
  const { store, target } = call;
  const live = store.get(keyOf(target));
  const config = addressed(incoming(body, call, live), target);
  if (metaOf(config).managedFields) throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  if (live) checkVersion(live, config, target);
  else requireNamespace(call);
  const result = apply(
    live && { object: live, managedFields: ownersOf(live) },
    config,
    target.kind.schema,
    managerOf(call),
    call.force,
  );
  if ('conflicts' in result) throw conflict(result.conflicts);
  const object = live ? succeeded(live, result.object, target) : born(result.object, target);
  return write(call, object, result.managedFields, !live);
}

function conflict(conflicts: { manager: string; field: string }[]): ApiError {
  const texts = conflicts.map(({ manager, field }) => `conflict with "${manager}": ${field}`);
  const causes = conflicts.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}"`,
    field,
  }));
  return new ApiError(
    'Conflict',
    `Apply failed with ${conflicts.length} conflict${conflicts.length > 1 ? 's' : ''}: ${texts.join(', ')}`,
    { causes },
  );
}

function write(call: Call, object: Json, managedFields: ManagedFieldsEntry[], created: boolean): Written {
  const { store, target, dryRun } = call;
  const plain = { ...object, metadata: { ...metaOf(object), managedFields } };
  checkMetadata(plain, target);
  const warnings = target.subresource ? [] : admit(plain, target, call.fieldValidation, call.review);
  const live = created ? undefined : store.get(keyOf(target, metaOf(plain).name));
  const full = isSecret(target) ? sealedSecret(plain, call.sealer) : plain;
  const unchanged = live && sameButVersion(live, full);
  const stored =
    dryRun || unchanged
      ? { ...full, metadata: { ...metaOf(full), ...(live && { resourceVersion: metaOf(live).resourceVersion }) } }
      : store.put(keyOf(target, metaOf(full).name), full);
  return { object: rendered(stored, target), warnings, created };
}

/** A write that changes nothing keeps its resourceVersion, so that applying twice wakes no watcher. */
function sameButVersion(live: Json, next: Json): boolean {
  const plain = (object: Json) => {
    const { resourceVersion: _v, managedFields, ...meta } = metaOf(object);
    const owners = ((managedFields ?? []) as ManagedFieldsEntry[]).map(({ time: _time, ...owner }) => owner);
    return JSON.stringify(sortKeys({ ...object, metadata: { ...meta, owners } }));
  };
  return plain(live) === plain(next);
}

export function remove(
  call: Call,
  preconditions: { uid?: string; resourceVersion?: string } = {},
  name = call.target.name ?? '',
): Json {
  const { store, target, dryRun } = call;
  const live = store.get(keyOf(target, name));
  if (!live) throw notFound(target, name);
  const meta = metaOf(live);
  for (const field of ['uid', 'resourceVersion'] as const) {
    if (preconditions[field] && preconditions[field] !== meta[field]) {
      throw new ApiError(
        'Conflict',
        `Precondition failed: ${field} in precondition: ${preconditions[field]}, ${field} in object meta: ${meta[field]}`,
        detailsOf(target, name),
      );
    }
  }
  if (target.kind.kind === 'Namespace') emptied(call, name);
  if (!dryRun) store.delete(keyOf(target, name));
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(target, name), uid: meta.uid },
  };
}

/** What Kubernetes' namespace controller does: whatever is in it goes with it. */
function emptied({ store, dryRun, target }: Call, namespace: string): void {
  if (KEPT_NAMESPACES.includes(namespace)) {
    const text = `namespaces "${namespace}" is forbidden: this namespace may not be deleted`;
    throw new ApiError('Forbidden', text, detailsOf(target, namespace));
  }
  if (dryRun) return;
  for (const kind of KINDS.filter(({ namespaced }) => namespaced)) {
    const resource = resourceOf(kind);
    const names = [...store.list(resource, namespace)].map((object) => metaOf(object).name);
    for (const name of names) store.delete({ resource, namespace, name });
  }
}

const KEPT_NAMESPACES = ['default', 'istio-system'];

function requireNamespace({ store, target }: Call): void {
  if (!target.kind.namespaced || store.get({ resource: '/namespaces', namespace: '', name: target.namespace })) return;
  throw new ApiError('NotFound', `namespaces "${target.namespace}" not found`, {
    name: target.namespace,
    kind: 'namespaces',
  });
}

function managerOf({ manager, target }: Call): Manager {
  const apiVersion = apiVersionOf(target.kind.group, target.version);
  return {
    name: manager,
    apiVersion,
    time: timestamp(),
    ...(target.subresource && { subresource: target.subresource }),
  };
}

const ownersOf = (object: Json): ManagedFieldsEntry[] => (metaOf(object).managedFields ?? []) as ManagedFieldsEntry[];
const detailsOf = (target: Target, name: string) => ({ name, group: target.kind.group, kind: target.kind.plural });

export function notFound(target: Target, name: string): ApiError {
  return new ApiError('NotFound', `${qualified(target.kind)} "${name}" not found`, detailsOf(target, name));
}
