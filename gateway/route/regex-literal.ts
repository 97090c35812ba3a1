/** The literal beginning of an RE2 pattern: no string that lacks it can match, so it serves as an index key. */

const QUANTIFIER = /[*?{]/;

/** Conservative: '' where the beginning is not plainly literal. `^` at the start adds nothing to a full match. */
export function literalPrefix(pattern: string): string {
  if (hasTopLevelAlternative(pattern)) return '';
  let literal = '';
  let at = pattern.startsWith('^') ? 1 : 0;
  while (at < pattern.length) {
    const [character, length] = literalAt(pattern, at);
    if (character === undefined) break;
    const next = pattern[at + length];
    if (next !== undefined && QUANTIFIER.test(next)) break;
    literal += character;
    if (next === '+') break;
    at += length;
  }
  return literal;
}

/** One literal character of the pattern and the length of its notation, or undefined. */
function literalAt(pattern: string, at: number): [character: string | undefined, length: number] {
  const character = pattern[at]!;
  if (character === '\\') {
    const escaped = pattern[at + 1];
    return escaped !== undefined && /[^A-Za-z0-9\s]/.test(escaped) ? [escaped, 2] : [undefined, 0];
  }
  // Outside ASCII a character may be two units, which a quantifier takes together.
  return /[\x20-\x7e]/.test(character) && !'.+*?()[]{}|^$'.includes(character) ? [character, 1] : [undefined, 0];
}

const ESCAPES = /\\./gs;
/** `[]a]` and `[^]a]`: a bracket in the first place is a member. */
const CLASSES = /\[\^?\]?[^\]]*\]/g;

function hasTopLevelAlternative(pattern: string): boolean {
  // \Q…\E quotes what looks like syntax: too odd to reason about here.
  if (pattern.includes('\\Q')) return true;
  if (!pattern.includes('|')) return false;
  let depth = 0;
  for (const character of pattern.replace(ESCAPES, '').replace(CLASSES, '')) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}
