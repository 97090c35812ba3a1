/** The dashboard's stylesheet: light and dark as the system says, tables that become cards on a phone. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1b2733, #e4eaf0); --quiet: light-dark(#56636f, #9aa8b5); --line: light-dark(#d9e0e6, #2c3843);
  --page: light-dark(#f4f6f8, #0f161d); --card: light-dark(#fff, #17212b); --accent: light-dark(#0b5cad, #6cb2ff);
  --bad: light-dark(#a61b1b, #ff8a80); --bad-back: light-dark(#fdecec, #3b1a1c);
  --odd: light-dark(#7a4a00, #ffc46b); --odd-back: light-dark(#fff4dd, #372a12);
  --good: light-dark(#14612f, #7ddc9c); --good-back: light-dark(#e5f6ea, #143021);
  font: 1rem/1.5 system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
header { background: var(--card); border-bottom: 1px solid var(--line); }
header > div, main { max-width: 78rem; margin: 0 auto; padding: 1rem; }
header > div { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
nav { display: flex; flex-wrap: wrap; gap: 0 1rem; flex: 1; }
nav a { padding: .4rem 0; }
.user { color: var(--quiet); margin: 0; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin-bottom: 1rem; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, auto)); gap: 1rem; margin: 0; }
dl.facts dt { color: var(--quiet); font-size: .85rem; }
dl.facts dd { margin: 0; font-size: 1.05rem; font-weight: 600; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
th { color: var(--quiet); font-weight: 600; font-size: .85rem; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
code { font: .9em ui-monospace, monospace; }
small { display: block; color: var(--quiet); font-size: .9em; }
.badge { display: inline-block; padding: .05rem .5rem; border-radius: 1rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.plain { color: var(--quiet); background: var(--page); }
.bad { color: var(--bad); background: var(--bad-back); }
.odd { color: var(--odd); background: var(--odd-back); }
.good { color: var(--good); background: var(--good-back); }
@media (max-width: 44rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .6rem 0; }
  tr:last-child { border-bottom: 0; }
  td { border: 0; padding: .1rem 0; display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: .5rem; }
  td::before { content: attr(data-label); color: var(--quiet); font-size: .85rem; }
  td:empty { display: none; }
}
`;
