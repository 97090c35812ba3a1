/**
 * Query parameters as Envoy's jwt_authn sees them. Taking a token out rewrites the whole query: pairs are decoded,
 * sorted by name and joined again, each with its `=` (seen in Envoy 1.40). We differ in one point: bytes that may not
 * stand in a request line stay encoded, where Envoy answers 503.
 */

type Pair = [name: string, value: string];

/** The first value of a parameter, percent-decoded; undefined when it is absent. */
export function queryValue(path: string, name: string): string | undefined {
  const start = path.indexOf('?');
  if (start < 0) return undefined;
  for (const [key, value] of pairs(path.slice(start + 1))) if (key === name) return value;
  return undefined;
}

/** The path with every occurrence of the parameter taken out of its query. */
export function removeQueryValue(path: string, name: string): string {
  const start = path.indexOf('?');
  if (start < 0) return path;
  const kept = pairs(path.slice(start + 1)).filter(([key]) => key !== name);
  kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const query = kept.map(([key, value]) => `${safe(key)}=${safe(value)}`).join('&');
  return query === '' ? path.slice(0, start) : `${path.slice(0, start)}?${query}`;
}

function pairs(query: string): Pair[] {
  if (query === '') return [];
  const parts = query.split('&');
  if (parts.at(-1) === '') parts.pop();
  return parts.map((part) => {
    const equals = part.indexOf('=');
    return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
  });
}

/** One character a byte, so that a sequence that is no UTF-8 survives; a `%` without two hex digits stays. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Encodes what no request line may carry: controls, space, `#` and everything beyond ASCII. */
function safe(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
    /[\u0000-\u0020#\u007f-\u00ff]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );
}
