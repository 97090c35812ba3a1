/**
 * Reads YAML as Go's yaml.v2 does, because that is what envoyproxy/ratelimit reads its configuration with: scalars keep
 * their literal text and get one of five tags, doubled mapping keys are accepted (the last one wins), only the first
 * document counts. Every node carries its place, so that errors can name file and line.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { LimitConfigError, type Place } from './error.ts';
import { syntaxErrorText } from './syntax-error.ts';

export type GoTag = 'str' | 'int' | 'float' | 'bool' | 'null';
export type GoScalar = Place & { kind: 'scalar'; tag: GoTag; text: string };
export type GoList = Place & { kind: 'list'; items: GoNode[] };
export type GoMap = Place & { kind: 'map'; entries: [key: GoNode, value: GoNode][] };
export type GoNode = GoScalar | GoList | GoMap;

const NULL = /^(?:~|null|Null|NULL|)$/;
const BOOL = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INT = /^[-+]?(?:0|[1-9][0-9_]*|0o?[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)$/;
const MAX_UINT64 = 2n ** 64n - 1n;
/** libyaml's reader lets none of these in. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const FLOAT =
  /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/;

/** The tag that yaml.v2 resolves a plain scalar to. */
export function goTag(text: string): GoTag {
  if (NULL.test(text)) return 'null';
  if (BOOL.test(text)) return 'bool';
  if (INT.test(text)) return /^\+?\d+$/.test(text) && BigInt(text) > MAX_UINT64 ? 'float' : 'int';
  return FLOAT.test(text) ? 'float' : 'str';
}

/**
 * The first document of a file; an empty file gives an empty map.
 * @throws LimitConfigError `error loading config file: yaml: …` for bad syntax.
 */
export function parseGoYaml(file: string, content: string): GoNode {
  const lines = new LineCounter();
  const options = { schema: 'failsafe', uniqueKeys: false, lineCounter: lines, logLevel: 'silent' } as const;
  const documents = parseAllDocuments(content, options);
  const document = Array.isArray(documents) ? documents[0] : undefined;
  const start = { file, line: 1, column: 1 };
  if (CONTROL.test(content))
    throw new LimitConfigError('error loading config file: yaml: control characters are not allowed', start);
  if (document?.directives?.yaml.explicit && document.directives.yaml.version !== '1.1')
    throw new LimitConfigError('error loading config file: yaml: found incompatible YAML document', start);
  if (!document?.contents) return { kind: 'map', entries: [], ...start };
  const bad = document.errors[0];
  if (bad) {
    const { line, col } = lines.linePos(bad.pos[0]);
    const text = syntaxErrorText(bad, (offset) => lines.linePos(offset).line);
    throw new LimitConfigError(`error loading config file: yaml: ${text}`, { file, line, column: col });
  }
  return new Reader(file, lines, document).node(document.contents);
}

const EXPLICIT: Readonly<Record<string, GoTag>> = {
  'tag:yaml.org,2002:float': 'float',
  'tag:yaml.org,2002:int': 'int',
  'tag:yaml.org,2002:bool': 'bool',
};

class Reader {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #document: Document;

  constructor(file: string, lines: LineCounter, document: Document) {
    this.#file = file;
    this.#lines = lines;
    this.#document = document;
  }

  node(node: Node): GoNode {
    const place = this.#place(node);
    if (isAlias(node)) return this.#alias(node);
    if (isMap(node)) {
      const entries = node.items.flatMap(({ key, value }) => this.#pair(key as Node, value as Node | null, place));
      return { kind: 'map', entries, ...place };
    }
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.node(item as Node)), ...place };
    const text = isScalar(node) ? String(node.value ?? '') : '';
    const plain = isScalar(node) && (node.type === 'PLAIN' || node.type === undefined || node.type === null);
    const explicit = isScalar(node) ? EXPLICIT[node.tag ?? ''] : undefined;
    return { kind: 'scalar', tag: explicit ?? (plain ? goTag(text) : 'str'), text, ...place };
  }

  /** `<<` spreads the map it points at, earlier entries being overridden by later ones. */
  #pair(key: Node, value: Node | null, at: Place): [GoNode, GoNode][] {
    const goKey = this.node(key);
    const goValue: GoNode = value
      ? this.node(value)
      : { kind: 'scalar', tag: 'null', text: '', ...this.#place(key, at) };
    if (goKey.kind !== 'scalar')
      throw new LimitConfigError(`error loading config file: yaml: invalid map key: ${goSyntax(goKey)}`, goKey);
    if (goKey.text !== '<<') return [[goKey, goValue]];
    // Of several, the first wins; of doubled keys in one map the last does.
    const spread = goValue.kind === 'list' ? goValue.items.toReversed() : [goValue];
    const maps = spread.filter((each) => each.kind === 'map');
    return maps.length === spread.length ? maps.flatMap(({ entries }) => entries) : [[goKey, goValue]];
  }

  #alias(node: Alias): GoNode {
    const target = node.resolve(this.#document);
    if (!target) {
      const place = this.#place(node);
      throw new LimitConfigError(`error loading config file: yaml: unknown anchor '${node.source}' referenced`, place);
    }
    return this.node(target);
  }

  #place(node: Node, fallback?: Place): Place {
    if (!node.range) return fallback ?? { file: this.#file, line: 1, column: 1 };
    const { line, col } = this.#lines.linePos(node.range[0]);
    return { file: this.#file, line, column: col };
  }
}

/** As Go's %#v prints it. */
function goSyntax(node: GoNode): string {
  if (node.kind === 'list') return `[]interface {}{${node.items.map(goSyntax).join(', ')}}`;
  if (node.kind === 'map') {
    const pairs = node.entries.map(([key, value]) => `${goSyntax(key)}:${goSyntax(value)}`);
    return `map[interface {}]interface {}{${pairs.join(', ')}}`;
  }
  if (node.tag === 'null') return 'interface {}(nil)';
  return node.tag === 'str' ? JSON.stringify(node.text) : node.text;
}
