/**
 * What `bowsprit tail` shows: requests as lines of Istio's JSON access log, whatever log the configuration asks for. They are
 * made only while somebody follows: to everybody else a request costs the check of one variable.
 */
import type { FormatContext } from './format/context.ts';
import { jsonRender } from './format/json.ts';
import type { Render } from './format/render.ts';
import { ISTIO_JSON_FIELDS } from './istio-format.ts';

/** Who follows asks every 0.1 s; when no question came for so long, nobody does any more. */
const FOLLOWED_MS = 3000;
/** Characters of lines that wait to be taken; what comes beyond is counted and dropped. */
const ROOM = 4 << 20;

interface Tapped {
  lines: string[];
  size: number;
  dropped: number;
  /** Date.now() from which nobody follows any more. */
  until: number;
}

let tapped: Tapped | undefined;
let render: Render | undefined;

/** Keeps the line of a finished exchange if somebody follows. */
export function tapRequest(exchange: FormatContext): void {
  if (tapped !== undefined) keep(tapped, exchange);
}

function keep(into: Tapped, exchange: FormatContext): void {
  if (Date.now() > into.until) {
    tapped = undefined;
    return;
  }
  if (into.size > ROOM) {
    into.dropped++;
    return;
  }
  render ??= jsonRender(ISTIO_JSON_FIELDS);
  const line = render(exchange);
  into.lines.push(line);
  into.size += line.length;
}

/**
 * The lines since the last call, each with its line end, then `{"dropped":<n>}` where there was no room; the first call begins
 * to keep them.
 */
export function takeTapped(now = Date.now()): string {
  const before = tapped;
  tapped = { lines: [], size: 0, dropped: 0, until: now + FOLLOWED_MS };
  if (before === undefined) return '';
  const { lines, dropped } = before;
  if (dropped > 0) lines.push(JSON.stringify({ dropped }));
  return lines.map((line) => `${line}\n`).join('');
}
