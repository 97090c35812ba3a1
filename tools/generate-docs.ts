/**
 * Writes the pages that only repeat what the code says: docs/messages.md from the catalogue of findings, docs/fields.md
 * from the table of fields.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MESSAGES, type Message } from '../control-api/analysis/messages.ts';
import fields from '../control-api/resources/fields.json' with { type: 'json' };

const DOCS = join(import.meta.dirname, '../docs');

/** File → content of every generated page. */
export function pages(): Record<string, string> {
  return { [join(DOCS, 'messages.md')]: messagesPage(), [join(DOCS, 'fields.md')]: fieldsPage() };
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (...cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`;

function messagesPage(): string {
  const byCode = (Object.entries(MESSAGES) as [string, Message][]).sort(([, a], [, b]) => (a.code < b.code ? -1 : 1));
  return [
    '# Findings',
    '',
    "What `bowsprit check`, `serve` and the control API say about resources. IST codes are Istio's own, with its texts.",
    '`{name}` stands for what the finding is about. An error ends `check` with exit code 79.',
    '',
    row('Code', 'Level', 'Name', 'Text', 'What to do'),
    row('---', '---', '---', '---', '---'),
    ...byCode.map(([name, { code, level, text, mend = '' }]) => row(code, level, name, text, mend)),
    '',
  ].join('\n');
}

const PLACES: Record<string, string> = {
  yes: 'edge',
  partly: 'edge, with a reserve',
  cluster: 'cluster',
  no: 'not carried out',
};

function fieldsPage(): string {
  const rows = Object.entries(fields as Record<string, { meaning: string; placement: string; why?: string }>);
  const tables = Map.groupBy(rows, ([name]) => name.slice(0, name.lastIndexOf('.')));
  return [
    '# Where each field is carried out',
    '',
    '`bowsprit check` says it for the fields that a configuration really has.',
    '',
    ...[...tables].flatMap(([message, entries]) => [
      `## ${message}`,
      '',
      row('Field', 'Meaning', 'Where', 'Why'),
      row('---', '---', '---', '---'),
      ...entries.map(([name, { meaning, placement, why = '' }]) =>
        row(`\`${name.slice(message.length + 1)}\``, meaning, PLACES[placement] ?? placement, why),
      ),
      '',
    ]),
  ].join('\n');
}

if (import.meta.main) for (const [file, text] of Object.entries(pages())) writeFileSync(file, text);
