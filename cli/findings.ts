/** Findings as lines for people, on standard error: `file:line:col: error [IST0101] (VirtualService default/reviews) …`. */
import type { Finding, Level } from '../control-api/analysis/finding.ts';

const COLOURS: Record<Level, number> = { error: 31, warning: 33, info: 36 };

/** Colour only for a terminal, and never where NO_COLOR is set (no-color.org). */
function coloured(level: Level, stream: NodeJS.WriteStream): string {
  const plain = !stream.isTTY || (process.env.NO_COLOR ?? '') !== '';
  return plain ? level : `\x1b[${COLOURS[level]}m${level}\x1b[0m`;
}

/** One finding, one line; the mend stands on a second, indented one. */
export function findingText(finding: Finding, stream: NodeJS.WriteStream = process.stderr): string {
  const { position, code, resource, field, message, mend } = finding;
  const place = position ? `${position.file}:${position.line}:${position.column}: ` : '';
  const about = resource ? ` (${resource}${field ? ` ${field}` : ''})` : '';
  return `${place}${coloured(finding.level, stream)} [${code}]${about} ${message}${mend ? `\n    ${mend}` : ''}`;
}

export function printFindings(findings: readonly Finding[], stream: NodeJS.WriteStream = process.stderr): void {
  for (const finding of findings) stream.write(`${findingText(finding, stream)}\n`);
}
