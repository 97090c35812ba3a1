/** Syntax errors in the words and with the line numbers of Go's yaml.v2, where it and our parser see the same thing. */
import type { YAMLParseError } from 'yaml';

interface Wording {
  test: RegExp;
  text: string;
  /** libyaml's scanner names the line it is in, its parser the one before; a first line is not named at all. */
  by: 'scanner' | 'parser';
  /** Whether the place is where our parser's error ends rather than begins. */
  atEnd?: true;
}

const WORDINGS: readonly Wording[] = [
  { test: /^Tabs are not allowed/, text: 'found a tab character that violates indentation', by: 'scanner' },
  {
    test: /^Nested mappings are not allowed/,
    text: 'mapping values are not allowed in this context',
    by: 'scanner',
    atEnd: true,
  },
  { test: /^Missing closing ["']quote/, text: 'found unexpected end of stream', by: 'scanner' },
  { test: /^Flow map in block collection/, text: "did not find expected ',' or '}'", by: 'parser' },
  { test: /^Flow sequence in block collection/, text: "did not find expected ',' or ']'", by: 'parser' },
  {
    test: /^Unexpected block-seq-ind on same line/,
    text: 'block sequence entries are not allowed in this context',
    by: 'scanner',
  },
];

/** What yaml.v2 would say after `yaml: `. @param lineAt the line of an offset, from 1. */
export function syntaxErrorText(error: YAMLParseError, lineAt: (offset: number) => number): string {
  const own = error.message.split(' at line')[0] ?? error.message;
  const wording = WORDINGS.find(({ test }) => test.test(own));
  if (!wording) return `line ${lineAt(error.pos[0])}: ${own}`;
  const line = lineAt(wording.atEnd ? Math.max(error.pos[0], error.pos[1] - 1) : error.pos[0]);
  const named = wording.by === 'parser' ? line - 1 : line;
  return line === 1 ? wording.text : `line ${named}: ${wording.text}`;
}
