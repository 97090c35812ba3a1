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
  const live = data.publications[0];
  return html`${raw('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bowsprit</title>
<link rel="stylesheet" href="/dashboard/style.css">
</head>
<body>
<header><h1>Bowsprit</h1><p>${data.user}</p></header>
<main>
<section aria-labelledby="live"><h2 id="live">Live</h2>
${live ? html`<p><code>${live.snapshot}</code>, revision ${live.revision}, ${when(live.time)}</p>` : html`<p>Nothing is published yet.</p>`}
</section>
${findings(data.findings)}
${objects(data)}
${history(data.publications)}
</main>
</body>
</html>`;
}

const when = (time: string): Html => html`<time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time>`;

function table(caption: string, id: string, columns: string[], rows: Html[], empty: string): Html {
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${caption}</h2>
${rows.length === 0 ? html`<p>${empty}</p>` : html`<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`}
</section>
`;
}

function findings(all: readonly Finding[]): Html {
  const rows = all.map(
    ({ level, code, resource, field = '', message, mend = '' }) =>
      html`<tr class="${level}"><td>${level}</td><td>${code}</td><td>${resource}</td><td>${field}</td><td>${message} ${mend}</td></tr>`,
  );
  return table('Findings', 'findings', ['Level', 'Code', 'Resource', 'Field', 'What'], rows, 'Nothing was found.');
}

function objects({ objects: shown, total }: PageData): Html {
  const rows = shown.map(
    ({ kind, namespace, name, accepted, programmed, reason, message }) =>
      html`<tr class="${programmed === 'False' ? 'error' : ''}"><td>${kind}</td><td>${namespace}</td><td>${name}</td><td>${accepted}</td><td>${programmed}</td><td title="${message}">${reason}</td></tr>`,
  );
  const caption = total > shown.length ? `Objects (${shown.length} of ${total})` : `Objects (${total})`;
  const columns = ['Kind', 'Namespace', 'Name', 'Accepted', 'Programmed', 'Reason'];
  return table(caption, 'objects', columns, rows, 'No objects; the floor of the files is served.');
}

function history(all: readonly Publication[]): Html {
  const rows = all.map(
    ({ revision, snapshot, time, authors, reason }) =>
      html`<tr><td>${revision}</td><td><code>${snapshot}</code></td><td>${when(time)}</td><td>${reason}</td><td>${authors.join(', ')}</td></tr>`,
  );
  return table(
    'History',
    'history',
    ['Revision', 'Snapshot', 'Time', 'Why', 'Who'],
    rows,
    'Nothing was published yet.',
  );
}

export const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 75rem; padding: 1rem; }
header { display: flex; justify-content: space-between; align-items: baseline; }
section { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); vertical-align: top; }
tr.error td:first-child { box-shadow: inset 3px 0 #c62828; padding-left: .5rem; }
tr.warning td:first-child { box-shadow: inset 3px 0 #b26a00; padding-left: .5rem; }
`;
