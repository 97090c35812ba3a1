/** The dashboard's page: what is live, what is wrong, what is stored, what was published. HTML by hono's tag, which escapes every value. */
import { html, raw } from 'hono/html';
import type { Finding } from '../analysis/finding.ts';
import type { Publication } from '../store/snapshots.ts';

export interface ObjectRow {
  kind: string;
  namespace: string;
  name: string;
  /** Of the Accepted and Programmed conditions; '' for kinds without. */
  accepted: string;
  programmed: string;
  reason: string;
  message: string;
}

export interface PageData {
  user: string;
  publications: readonly Publication[];
  findings: readonly Finding[];
  objects: readonly ObjectRow[];
  /** How many there are; `objects` may hold fewer. */
  total: number;
}

type Html = ReturnType<typeof html>;

export function page(data: PageData): Html {
  return html`${raw('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Bowsprit</title>
<link rel="stylesheet" href="/dashboard/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><div>
<h1>Bowsprit</h1>
<nav aria-label="Sections"><a href="#live">Live</a><a href="#findings">Findings</a><a href="#objects">Objects</a><a href="#history">History</a></nav>
<p class="user">${data.user}</p>
</div></header>
<main id="main">
${live(data)}
${findings(data.findings)}
${objects(data)}
${history(data.publications)}
</main>
</body>
</html>`;
}

const when = (time: string): Html => html`<time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time>`;
const fact = (name: string, value: Html | string | number): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
const badge = (tone: 'good' | 'odd' | 'bad' | 'plain', text: string): Html =>
  html`<span class="badge ${tone}">${text}</span>`;

function live({ publications, findings, objects, total }: PageData): Html {
  const [newest] = publications;
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  const waiting = objects.filter(({ programmed }) => programmed === 'False').length;
  const facts = newest
    ? [
        fact('Snapshot', html`<code>${newest.snapshot}</code>`),
        fact('Revision', newest.revision),
        fact('Since', when(newest.time)),
      ]
    : [fact('Snapshot', 'Nothing is published yet.')];
  return html`<section aria-labelledby="live"><h2 id="live">Live</h2><dl class="facts">${facts}
${fact('Errors', count('error'))}${fact('Warnings', count('warning'))}${fact('Objects', total)}${fact('Not programmed', waiting)}
</dl></section>`;
}

interface Column {
  name: string;
  cell: Html | string | number;
}

/** A phone shows each row as a card, with the column's name beside each value. */
function table(caption: string, id: string, rows: Column[][], empty: string): Html {
  const head = rows[0]?.map(({ name }) => html`<th scope="col">${name}</th>`);
  const body = rows.map((row) => html`<tr>${row.map(cell)}</tr>`);
  const content = head
    ? html`<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`
    : html`<p>${empty}</p>`;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${caption}</h2>${content}</section>
`;
}

const cell = ({ name, cell: value }: Column): Html =>
  value === '' ? html`<td></td>` : html`<td data-label="${name}"><span>${value}</span></td>`;

const TONES = { error: 'bad', warning: 'odd', info: 'plain' } as const;

function findings(all: readonly Finding[]): Html {
  const rows = all.map(({ level, code, resource, field = '', message, mend = '' }) => [
    { name: 'Level', cell: badge(TONES[level], level) },
    { name: 'Code', cell: html`<code>${code}</code>` },
    { name: 'Object', cell: html`${resource}${field && html`<small><code>${field}</code></small>`}` },
    { name: 'What', cell: html`${message}${mend && html`<small>${mend}</small>`}` },
  ]);
  return table(`Findings (${all.length})`, 'findings', rows, 'Nothing was found.');
}

function objects({ objects: shown, total }: PageData): Html {
  const rows = shown.map(({ kind, namespace, name, accepted, programmed, reason, message }) => [
    { name: 'Kind', cell: kind },
    { name: 'Namespace', cell: namespace },
    { name: 'Name', cell: html`<strong>${name}</strong>` },
    { name: 'Accepted', cell: accepted && badge(accepted === 'True' ? 'good' : 'bad', accepted) },
    { name: 'Programmed', cell: programmed && badge(programmed === 'True' ? 'good' : 'bad', programmed) },
    { name: 'Why', cell: reason && html`${reason}${message && html`<small>${message}</small>`}` },
  ]);
  const caption = total > shown.length ? `Objects (${shown.length} of ${total})` : `Objects (${total})`;
  return table(caption, 'objects', rows, 'No objects; the floor of the files is served.');
}

function history(all: readonly Publication[]): Html {
  const rows = all.map(({ revision, snapshot, time, authors, reason }) => [
    { name: 'Revision', cell: revision },
    { name: 'Snapshot', cell: html`<code>${snapshot}</code>` },
    { name: 'Time', cell: when(time) },
    { name: 'Why', cell: reason },
    { name: 'Who', cell: authors.join(', ') },
  ]);
  return table('History', 'history', rows, 'Nothing was published yet.');
}
