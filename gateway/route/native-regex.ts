/**
 * RE2 patterns that JavaScript's own RegExp answers the same, in time that stays linear. Only what is surely equal is taken:
 * literals, escaped punctuation, `.`, `\d`, `\w`, plain ASCII classes, groups without alternatives, and `* + ?` on
 * single characters. A repetition is harmless when what follows cannot be part of it (`[^/]+/`) or when nothing follows; one other
 * may stand in a pattern (`.*x`), because two can backtrack against each other.
 */

const TOKEN =
  /\\([^A-Za-z0-9\s]|[dw])|\[(\^?)((?:[A-Za-z0-9_./~%:@!$&'()*+,;= ?-]|\\[^A-Za-z0-9\s])+)\]|([^\\[\]{}|*+?^$])|([{}|^$])/uy;
const QUANTIFIER = /[*+?]\??/y;

interface Atom {
  source: string;
  /** The character, when it is a plain one. */
  literal: string | undefined;
  quantifier: string;
}

/** @returns undefined when RE2 itself must decide. */
export function nativeRegex(pattern: string): RegExp | undefined {
  const atoms = parse(pattern.startsWith('^') ? pattern.slice(1) : pattern);
  if (atoms === undefined || ambiguous(atoms) > 1) return undefined;
  return new RegExp(`^${atoms.map(({ source, quantifier }) => source + quantifier).join('')}$`, 'u');
}

function parse(pattern: string): Atom[] | undefined {
  const atoms: Atom[] = [];
  for (let at = 0; at < pattern.length; ) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(pattern);
    if (token === null || token[5] !== undefined) return undefined;
    at = TOKEN.lastIndex;
    QUANTIFIER.lastIndex = at;
    const quantifier = QUANTIFIER.exec(pattern)?.[0] ?? '';
    at += quantifier.length;
    if (token[0] === '(' || token[0] === ')') {
      if (quantifier !== '') return undefined;
      continue;
    }
    const atom = atomOf(token);
    if (atom === undefined || /[*+?]/.test(pattern[at] ?? '')) return undefined;
    // Lazy or greedy is the same to a full match.
    atoms.push({ ...atom, quantifier: quantifier.slice(0, 1) });
  }
  return atoms;
}

function atomOf([whole, escaped, negation, members, plain]: RegExpExecArray): Omit<Atom, 'quantifier'> | undefined {
  if (escaped === 'd' || escaped === 'w') return { source: whole, literal: undefined };
  if (members !== undefined) return classOf(negation ?? '', members);
  if (plain === '.') return { source: '[^\\n]', literal: undefined };
  const literal = escaped ?? plain!;
  return { source: literal.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&'), literal };
}

/** Ranges between anything but letters or digits are left to RE2, and so are its empty or backward ones. */
function classOf(negation: string, members: string): Omit<Atom, 'quantifier'> | undefined {
  const outside = members.replace(/\\./g, '').replace(/a-z|A-Z|0-9|a-f|A-F/g, '');
  if (/-./.test(outside.slice(1)) || /[^\\]-\\/.test(members) || members.includes('[')) return undefined;
  const source = members.replace(/\\([^\\\]^-])/g, (_, character: string) =>
    /[$.*+?(){}|/]/.test(character) ? `\\${character}` : character,
  );
  return { source: `[${negation}${source}]`, literal: undefined };
}

/** How many repetitions could give a character back that something later also takes. */
function ambiguous(atoms: readonly Atom[]): number {
  return atoms.filter(({ source, quantifier }, index) => {
    const next = atoms[index + 1];
    if (quantifier === '' || next === undefined) return false;
    return next.literal === undefined || next.quantifier !== '' || new RegExp(source, 'u').test(next.literal);
  }).length;
}
