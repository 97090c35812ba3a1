/** A plain object into a Resource: its metadata read, its fields normalised and checked. */
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import { checkSchema, schemaFindings } from './check/check.ts';
import { metadataErrors } from './check/metadata.ts';
import type { LoadedDocument } from './documents.ts';
import { normalise } from './normalise.ts';
import { describe, type ObjectMeta, type Resource } from './resource.ts';
import { isCoreKind, type KindSchema, schemaOf } from './schema.ts';

type Fields = Record<string, unknown>;

export interface Built {
  /** Absent when the object is no resource, or of a kind that is not ours. */
  resource?: Resource;
  valid: boolean;
  findings: Finding[];
}

/** One object of a document; `namespace` stands in where it names none. */
export function buildResource(document: LoadedDocument, namespace: string): Built {
  const object = fieldsOf(document.value);
  const { apiVersion, kind } = object ?? {};
  if (!object || typeof apiVersion !== 'string' || typeof kind !== 'string') {
    const error = 'a resource needs apiVersion and kind';
    return { valid: false, findings: [finding('UnreadableDocument', { error }, { position: document.at([]) })] };
  }
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const known = schemaOf(group, kind);
  const metadata = metadataOf(object, namespace);
  const resource: Resource = { apiVersion, group, kind, metadata, spec: {}, at: document.at };
  if (known) return checked(resource, known, object);
  if (!isCoreKind(group, kind)) return { valid: false, findings: [otherKind(resource)] };
  resource.spec = besideMetadata(object);
  return { resource, valid: true, findings: [] };
}

function checked(resource: Resource, kind: KindSchema, object: Fields): Built {
  const version = resource.apiVersion.slice(resource.group.length + 1);
  if (!kind.versions.includes(version)) return { resource, valid: false, findings: [unknownVersion(resource, kind)] };
  const spec = normalise(object.spec ?? undefined, kind.spec);
  resource.spec = fieldsOf(spec) ?? {};
  const report = checkSchema(kind, spec);
  report.errors.unshift(...metadataErrors(object.metadata));
  const valid = report.errors.length === 0;
  return { resource, valid, findings: schemaFindings(resource, report) };
}

function unknownVersion(resource: Resource, { group, versions }: KindSchema): Finding {
  const place = { resource: describe(resource), field: 'apiVersion', position: resource.at(['apiVersion']) };
  const { kind, apiVersion } = resource;
  const known = versions.map((version) => `${group}/${version}`).join(', ');
  return finding('UnknownVersion', { kind, apiVersion, versions: known }, place);
}

function otherKind(resource: Resource): Finding {
  const place = { resource: describe(resource), position: resource.at([]) };
  return finding('OtherKind', { kind: `${resource.apiVersion} ${resource.kind}` }, place);
}

function besideMetadata({ apiVersion: _, kind: _kind, metadata: _metadata, status: _status, ...rest }: Fields): Fields {
  return rest;
}

function fieldsOf(value: unknown): Fields | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : undefined;
}

function metadataOf(object: Fields, namespace: string): ObjectMeta {
  const metadata = fieldsOf(object.metadata) ?? {};
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    name: text(metadata.name) || text(metadata.generateName),
    namespace: text(metadata.namespace) || namespace,
    labels: strings(metadata.labels),
    annotations: strings(metadata.annotations),
    creationTimestamp: text(metadata.creationTimestamp),
  };
}

function strings(value: unknown): Record<string, string> {
  const entries = Object.entries(fieldsOf(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
