/** The README's walk as steps: a `serve` block, the `sh` block to type and the `output` block to expect. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Step {
  title: string;
  /** Arguments of `bowsprit`, as typed. */
  serve: string[];
  commands: string;
  /** One regular expression a line: figures that vary are written as patterns. */
  expected: string[];
}

const ROOT = join(import.meta.dirname, '../..');
const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** Every section that has a `serve` block, and the five-minute start, whose command is npm's. */
export function readmeSteps(): Step[] {
  const sections = readFileSync(join(ROOT, 'README.md'), 'utf8').split(/^##+ /m);
  return sections.flatMap(stepOf);
}

function stepOf(section: string): Step[] {
  const blocks = [...section.matchAll(FENCE)].map(([, kind = '', text = '']) => ({ kind, text: text.trimEnd() }));
  const output = blocks.findIndex(({ kind }) => kind === 'output');
  if (output < 1) return [];
  const serve = blocks.find(({ kind }) => kind === 'serve')?.text.replace('npx bowsprit ', '') ?? 'dev';
  const title = section.split('\n', 1)[0] ?? '';
  const expected = blocks[output]!.text.split('\n');
  return [{ title, serve: serve.split(' '), commands: blocks[output - 1]!.text, expected }];
}
