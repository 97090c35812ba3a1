/** Texts in, Resources out: YAML and JSON, several documents, Kubernetes Lists. What is wrong is found, never thrown. */
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import { buildResource } from './build.ts';
import { type LoadedDocument, readDocuments } from './documents.ts';
import type { FieldPath, Resource } from './resource.ts';

export interface SourceFile {
  /** The name findings print; `-` for standard input, `(api)` for an object that came over the API. */
  file: string;
  text: string;
}

export interface LoadOptions {
  /** The namespace of resources that name none. */
  namespace: string;
}

export interface Loaded {
  /** Valid ones only, in the order read. */
  resources: Resource[];
  /** Those with an error: reported, never compiled. */
  rejected: Resource[];
  findings: Finding[];
}

/** Reads all texts; a broken document or a bad resource loses only itself. Never throws for bad input. */
export function loadResources(files: readonly SourceFile[], options: LoadOptions): Loaded {
  const loaded: Loaded = { resources: [], rejected: [], findings: [] };
  for (const { file, text } of files) {
    for (const document of readDocuments(file, text)) {
      if ('error' in document) {
        loaded.findings.push(finding('UnreadableDocument', { error: document.error }, { position: document.position }));
      } else {
        for (const object of objectsOf(document)) take(object, options, loaded);
      }
    }
  }
  return loaded;
}

function take(object: LoadedDocument, options: LoadOptions, loaded: Loaded): void {
  const built = buildResource(object, options.namespace);
  loaded.findings.push(...built.findings);
  if (!built.resource) return;
  (built.valid ? loaded.resources : loaded.rejected).push(built.resource);
}

/** The object itself, or the items of a Kubernetes List (`List`, `VirtualServiceList` …). */
export function objectsOf(document: LoadedDocument): LoadedDocument[] {
  const { value } = document;
  if (!isListObject(value)) return [document];
  return value.items.map((item, index) => ({
    value: item,
    at: (path: FieldPath) => document.at(['items', index, ...path]),
  }));
}

function isListObject(value: unknown): value is { items: unknown[] } {
  const object = value as { kind?: unknown; items?: unknown } | null;
  return typeof object?.kind === 'string' && object.kind.endsWith('List') && Array.isArray(object.items);
}
