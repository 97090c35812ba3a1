/**
 * Header values of VirtualServices, checked as Istio checks them before Envoy sees them: `%%` is a percent sign, any other
 * `%` opens a command, `%NAME%`, `%NAME(text)%` or `%NAME(["text","text"])%`. Which names there are is for Envoy to say.
 */

type State = 'literal' | 'name' | 'arguments' | 'element' | 'text' | 'array' | 'close' | 'end';

/** What each state takes, and where that leads. */
const GRAMMAR: Record<State, readonly (readonly [taken: RegExp, next: State])[]> = {
  literal: [
    [/%%|[^%]+/y, 'literal'],
    [/%(?=.)/sy, 'name'],
  ],
  name: [
    [/[^%(]+/y, 'name'],
    [/%/y, 'literal'],
    [/\(/y, 'arguments'],
  ],
  // Whatever opens the text belongs to it, a closing parenthesis too.
  arguments: [
    [/ +/y, 'arguments'],
    [/\[/y, 'element'],
    [/./sy, 'text'],
  ],
  element: [
    [/ +/y, 'element'],
    [/"/y, 'text'],
  ],
  text: [
    [/(?:\\.|[^\\)"])+/sy, 'text'],
    [/\)/y, 'end'],
    [/"/y, 'array'],
  ],
  array: [
    [/ +/y, 'array'],
    [/,/y, 'element'],
    [/\]/y, 'close'],
  ],
  close: [
    [/ +/y, 'close'],
    [/\)/y, 'end'],
  ],
  end: [
    [/ +/y, 'end'],
    [/%/y, 'literal'],
  ],
};

/** What a state says of a character that it does not take. */
const EXPECTED: Record<State, string> = {
  literal: 'Un-escaped %',
  name: '',
  arguments: '',
  element: `Expecting '"'`,
  text: 'Un-terminated backslash in JSON string',
  array: "Expecting ',', ']', or whitespace",
  close: "Expecting ')' or whitespace",
  end: "Expecting '%' or whitespace after",
};

/** Control characters, but not the tab. */
const CONTROL = /[^\t\x20-\x7e\u0080-\uffff]/;

/** undefined when the value is fine. */
export function headerValueError(value: string): string | undefined {
  if (CONTROL.test(value)) return `header value configuration ${JSON.stringify(value)} is invalid`;
  let state: State = 'literal';
  for (let at = 0; at < value.length; ) {
    const step = stepAt(value, at, state);
    if (step === undefined) return wrong(EXPECTED[state]);
    [at, state] = step;
  }
  return state === 'literal' ? undefined : wrong(`Un-terminated variable expression '${value}'`);
}

function stepAt(value: string, at: number, state: State): [at: number, state: State] | undefined {
  for (const [taken, next] of GRAMMAR[state]) {
    taken.lastIndex = at;
    if (taken.test(value)) return [taken.lastIndex, next];
  }
  return undefined;
}

const wrong = (why: string) => `header value configuration: invalid header configuration. ${why}`;
