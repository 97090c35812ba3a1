/**
 * The lines of a repeated header. Envoy compares every line on its own; workerd hands repeated lines over joined by ", ",
 * like a single line with a list in it. Both readings are tried. That is never looser than Envoy towards a client that means
 * harm, who can send separate lines as well; only a single line with ", " in it can match a part where Envoy would
 * compare the whole. Headers whose single line is a list or prose by their own specification are read as one line.
 */

const ONE_LINE = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'date',
  'forwarded',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'link',
  'prefer',
  'priority',
  'sec-ch-ua',
  'sec-ch-ua-full-version-list',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'te',
  'user-agent',
  'via',
  'x-forwarded-for',
]);

/** The readings of a header's value: itself, and its parts where it may have been several lines. */
export function linesOf(name: string, value: string): readonly string[] {
  return value.includes(', ') && !ONE_LINE.has(name) ? [value, ...value.split(', ')] : [value];
}

/** True when any line of the header passes. */
export function anyLine(name: string, value: string, test: (line: string) => boolean): boolean {
  if (test(value)) return true;
  return value.includes(', ') && !ONE_LINE.has(name) && value.split(', ').some(test);
}
