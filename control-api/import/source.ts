/** What is imported: objects of other ingress controllers, as they were written, with the place of every field. */
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import { readDocuments } from '../resources/documents.ts';
import { objectsOf, type SourceFile } from '../resources/load.ts';
import type { FieldPath, Position } from '../resources/resource.ts';

export interface Source<Spec = Record<string, unknown>> {
  apiVersion: string;
  kind: string;
  name: string;
  namespace: string;
  annotations: Record<string, string>;
  spec: Spec;
  at(path: FieldPath): Position;
}

interface Fields {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; namespace?: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
}

/** All objects of the texts; a broken document is a finding and loses only itself. */
export function readSourceObjects(
  files: readonly SourceFile[],
  namespace: string,
): { sources: Source[]; findings: Finding[] } {
  const sources: Source[] = [];
  const findings: Finding[] = [];
  for (const { file, text } of files) {
    for (const document of readDocuments(file, text)) {
      if ('error' in document)
        findings.push(finding('UnreadableDocument', { error: document.error }, { position: document.position }));
      else
        for (const { value, at } of objectsOf(document)) sources.push(sourceOf(value as Fields | null, at, namespace));
    }
  }
  return { sources, findings };
}

function sourceOf(value: Fields | null, at: Source['at'], namespace: string): Source {
  const { apiVersion = '', kind = '', metadata = {}, spec = {} } = value ?? {};
  const annotations = metadata.annotations ?? {};
  return {
    apiVersion,
    kind,
    name: metadata.name ?? '',
    namespace: metadata.namespace ?? namespace,
    annotations,
    spec,
    at,
  };
}

export function ofKind<Spec>(sources: readonly Source[], group: RegExp, kind: string): Source<Spec>[] {
  return sources.filter((source) => group.test(source.apiVersion) && source.kind === kind) as Source<Spec>[];
}
