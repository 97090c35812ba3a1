/**
 * Text into plain objects, the way the Kubernetes API server reads it: YAML 1.1 (unquoted yes, no, on, off, y and n are
 * booleans; timestamps and base-60 numbers stay strings), map keys as strings, aliases bounded.
 */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, type Tags } from 'yaml';
import type { FieldPath, Position } from './resource.ts';

export interface LoadedDocument {
  value: unknown;
  at(path: FieldPath): Position;
}

export interface BrokenDocument {
  error: string;
  position: Position;
}

/** An alias may stand for no more nodes than this in one document, the bound of a "billion laughs" text. */
const MAX_ALIASES = 100;

const NOT_IN_KUBERNETES = ['time', 'timestamp', 'binary', 'omap', 'pairs', 'set'];

function kubernetesTags(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === 'string') return !NOT_IN_KUBERNETES.includes(tag);
    const { format } = tag as { format?: string };
    return format !== 'TIME' && !NOT_IN_KUBERNETES.some((name) => tag.tag === `tag:yaml.org,2002:${name}`);
  });
}

/** Every document of the text that holds something, in order; a broken one is told apart and loses only itself. */
export function readDocuments(file: string, text: string): (LoadedDocument | BrokenDocument)[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    version: '1.1',
    schema: 'yaml-1.1',
    customTags: kubernetesTags,
    merge: true,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => readDocument(file, document, lines));
}

function readDocument(file: string, document: Document, lines: LineCounter): (LoadedDocument | BrokenDocument)[] {
  const place = (offset: number): Position => positionOf(file, lines, offset);
  const [error] = document.errors;
  if (error) return [{ error: error.message, position: place(error.pos[0]) }];
  try {
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    if (value === null || value === undefined) return [];
    return [{ value, at: (path) => place(offsetOf(document, path)) }];
  } catch (thrown) {
    return [
      { error: thrown instanceof Error ? thrown.message : String(thrown), position: place(document.range?.[0] ?? 0) },
    ];
  }
}

function positionOf(file: string, lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Where the field begins: its key, or the item; the nearest known parent when the field is not written. */
function offsetOf(document: Document, path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    const child = childOf(node, step);
    if (!child) break;
    const start = child.start;
    offset = isNode(start) ? (start.range?.[0] ?? offset) : offset;
    node = child.value;
  }
  return offset;
}

function childOf(node: unknown, step: string | number): { start: unknown; value: unknown } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { start: item, value: item };
  }
  if (!isMap(node)) return undefined;
  const named = (spell: (key: string) => string) =>
    node.items.find((pair) => isPair(pair) && isScalar(pair.key) && spell(String(pair.key.value)) === step);
  const pair = named((key) => key) ?? named(plainName);
  return pair && { start: pair.key, value: pair.value };
}

function plainName(key: string): string {
  return key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
