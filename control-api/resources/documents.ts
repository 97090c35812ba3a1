/**
 * Text into plain objects, document by document. Each is read quickly first; the full parser, which knows every place,
 * reads only what is unusual or broken, and a document of which a finding wants a place.
 */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Tags,
  visit,
  type YAMLParseError,
} from 'yaml';
import { readFast } from './fast.ts';
import { camelCase } from './normalise.ts';
import type { FieldPath, Position } from './resource.ts';
import { SCALARS } from './scalars.ts';

export interface LoadedDocument {
  value: unknown;
  at(path: FieldPath): Position;
}

export interface BrokenDocument {
  error: string;
  position: Position;
}

/** One document's text and where it stands in its file. */
interface Chunk {
  file: string;
  text: string;
  /** Lines before it. */
  line: number;
}

/** An alias may stand for no more nodes than this in one document, the bound of a "billion laughs" text. */
const MAX_ALIASES = 100;

const scalarTags = SCALARS.map(({ tag, test, value }) => ({ tag, test, default: true, resolve: value }));
const customTags = (failsafe: Tags): Tags => [...failsafe, ...scalarTags];

/** Every document of the text that holds something, in order; a broken one is told apart and loses only itself. */
export function readDocuments(file: string, text: string): (LoadedDocument | BrokenDocument)[] {
  return chunksOf(file, text.replace(/^\uFEFF/, '')).flatMap((chunk) => {
    try {
      return readChunk(chunk);
    } catch (thrown) {
      return [{ error: messageOf(thrown), position: { file, line: chunk.line + 1, column: 1 } }];
    }
  });
}

/** Throws for nesting that no parser's stack holds. */
function readChunk(chunk: Chunk): (LoadedDocument | BrokenDocument)[] {
  const quick = readFast(chunk.text);
  const documents = quick ? [{ value: quick.value, at: lazily(chunk) }] : readFull(chunk);
  return documents
    .filter((document) => 'error' in document || document.value !== null)
    .map((document) => {
      if ('error' in document || depthWithin(document.value, MAX_DEPTH)) return document;
      return { error: `nested deeper than ${MAX_DEPTH} levels`, position: document.at([]) };
    });
}

/** Far beyond any resource, far within every later walk's stack. */
const MAX_DEPTH = 200;

function depthWithin(value: unknown, most: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (most === 0) return false;
  if (Array.isArray(value)) return value.every((item) => depthWithin(item, most - 1));
  const object = value as Record<string, unknown>;
  for (const name in object) if (!depthWithin(object[name], most - 1)) return false;
  return true;
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A `---` at the start of a line always begins a document; with directives about, the full parser splits. */
function chunksOf(file: string, text: string): Chunk[] {
  if (/^%/m.test(text)) return [{ file, text, line: 0 }];
  const chunks: Chunk[] = [];
  let start = 0;
  let line = 0;
  const end = (to: number) => {
    const part = text.slice(start, to);
    if (part !== '') chunks.push({ file, text: part, line });
    start = to;
  };
  for (const mark of text.matchAll(/^---(?=\s|$)/gm)) {
    const from = start;
    end(mark.index);
    line += newlines(text, from, mark.index);
  }
  end(text.length);
  return chunks;
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function parse(chunk: Chunk): { documents: Document[]; place: (offset: number) => Position } {
  const lineCounter = new LineCounter();
  const options = { lineCounter, customTags, merge: true, prettyErrors: false, logLevel: 'silent' } as const;
  const documents = parseAllDocuments(chunk.text, { ...options, schema: 'failsafe', version: '1.1' });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { file: chunk.file, line: chunk.line + Math.max(line, 1), column: Math.max(col, 1) };
  };
  return { documents: Array.isArray(documents) ? (documents as Document[]) : [], place };
}

function readFull(chunk: Chunk): (LoadedDocument | BrokenDocument)[] {
  const { documents, place } = parse(chunk);
  return documents.flatMap((document) => readDocument(document, place));
}

function readDocument(document: Document, place: (offset: number) => Position): (LoadedDocument | BrokenDocument)[] {
  const [error] = document.errors;
  if (error) return [{ error: wordsOf(document, error), position: place(error.pos[0]) }];
  try {
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    if (value === undefined) return [];
    return [{ value, at: (path) => place(offsetOf(document, path)) }];
  } catch (thrown) {
    return [{ error: messageOf(thrown), position: place(document.range?.[0] ?? 0) }];
  }
}

/** A duplicate key is told in the API server's words: `key "selector" already set in map`. */
function wordsOf(document: Document, { code, message, pos }: YAMLParseError): string {
  if (code !== 'DUPLICATE_KEY') return message;
  let name = '';
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.range?.[0] === pos[0]) name = String(key.value);
    },
  });
  return `key ${JSON.stringify(name)} already set in map`;
}

/** Places are wanted for findings only, so the full parser runs when the first is asked for. */
function lazily(chunk: Chunk): (path: FieldPath) => Position {
  let parsed: ReturnType<typeof parse> | undefined;
  return (path) => {
    parsed ??= parse(chunk);
    const [document] = parsed.documents;
    return parsed.place(document ? offsetOf(document, path) : 0);
  };
}

/** Where the field begins: its key, or the item; the nearest known parent when the field is not written. */
function offsetOf(document: Document, path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    const child = childOf(node, step);
    if (!child) break;
    const { start } = child;
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
  const pair = named((key) => key) ?? named(camelCase);
  return pair && { start: pair.key, value: pair.value };
}
