/**
 * Paths with `{*}` (one segment that is not empty) and `{**}` (any number of segments, none too), as Envoy's URI templates
 * match them. The pattern has no nested repetition, and so takes linear time.
 */

/** What Envoy lets stand in a segment (RFC 3986's pchar). */
const PCHAR = "a-zA-Z0-9\\-._~%!$&'()+,;:@=*";

/** A test of the path without its query. */
export function templateTest(template: string): (path: string) => boolean {
  const pattern = template
    .split(/(\{\*\*?\})/)
    .map((part) => {
      if (part === '{*}') return `[${PCHAR}]+`;
      return part === '{**}' ? `[${PCHAR}/]*` : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  const regex = new RegExp(`^${pattern}$`);
  return (path) => regex.test(path);
}

/** The text before the first wildcard: no path without it can match. */
export function templatePrefix(template: string): string {
  return template.split('{', 1)[0]!;
}
