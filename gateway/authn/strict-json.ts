/**
 * JSON of a token, where two readers must never see two things: a repeated name, a number beyond what numbers can hold,
 * half a character, or nesting without end is refused (Envoy 1.40 answers "invalid JSON" to each of them, too).
 */

const MAX_DEPTH = 100;

/** The object (for `null` an empty one), or undefined when the text is no JSON object or holds what is said above. Never throws. */
export function parseStrictObject(text: string): Record<string, unknown> | undefined {
  const members = countMembers(text);
  if (members === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) return undefined;
    return countValues(value) === members ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const CODE = {
  quote: 34,
  backslash: 92,
  colon: 58,
  openBrace: 123,
  openBracket: 91,
  closeBrace: 125,
  closeBracket: 93,
};

/** Names in the text, repeated ones too; undefined when it nests too deep. Only meant for what JSON.parse then accepts. */
function countMembers(text: string): number | undefined {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === CODE.quote) at = endOfString(text, at);
    else if (code === CODE.colon) members++;
    else if (code === CODE.openBrace || code === CODE.openBracket) {
      if (++depth > MAX_DEPTH) return undefined;
    } else if (code === CODE.closeBrace || code === CODE.closeBracket) depth--;
  }
  return members;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== CODE.quote) at += text.charCodeAt(at) === CODE.backslash ? 2 : 1;
  return at;
}

/** Names in the value, where repeated ones have become one; NaN, which nothing equals, for a number out of range or half a character. */
function countValues(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value === 'string') return isWhole(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (!Object.keys(value).every(isWhole)) return Number.NaN;
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const inner of Object.values(value)) count += countValues(inner);
  return count;
}

/** Whether no half of a surrogate pair stands alone. */
const isWhole = (text: string): boolean => text.isWellFormed();
