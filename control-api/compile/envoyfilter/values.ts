/** Small messages that many of Envoy's filters share. */
import { RE2JS } from 're2js';
import type {
  ActionHeaderMatch,
  ActionQueryMatch,
  HeaderFormat,
  HeaderOperation,
  StringMatch,
} from '../../../gateway/snapshot.ts';
import { envoyFormatProblem } from '../envoy-format.ts';
import { EnvoyRejects, type Message } from './message.ts';
import { oneOf, requiredMessage, requiredText, violation } from './violations.ts';

/** MeshConfig.defaultConfig.runtimeValues: Envoy's runtime as Istio lets users set it. */
export type Runtime = Readonly<Record<string, string>>;

const DENOMINATORS = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

/** RuntimeFractionalPercent as a percentage; a runtime value is a whole per cent. */
export function percent(message: Message | undefined, runtime: Runtime, fallback: number): number {
  if (!message) return fallback;
  const key = message.text('runtimeKey');
  const value = message.message('defaultValue');
  if (!value) throw violation('RuntimeFractionalPercent', 'defaultValue', 'value is required');
  const denominator = DENOMINATORS[oneOf(value, 'denominator', ['HUNDRED', 'TEN_THOUSAND', 'MILLION'])];
  const configured = Math.min(100, (value.number('numerator', 0) / denominator) * 100);
  return key !== '' && runtime[key] !== undefined ? Math.min(100, Number(runtime[key])) : configured;
}

/** HeaderValueOption.append_action: what it makes of the header, and when. */
const APPEND_ACTIONS = {
  APPEND_IF_EXISTS_OR_ADD: { into: 'add' },
  ADD_IF_ABSENT: { into: 'add', only: 'absent' },
  OVERWRITE_IF_EXISTS_OR_ADD: { into: 'set' },
  OVERWRITE_IF_EXISTS: { into: 'set', only: 'present' },
} as const;
type AppendAction = keyof typeof APPEND_ACTIONS;
const ACTION_NAMES = Object.keys(APPEND_ACTIONS) as [AppendAction, ...AppendAction[]];

/** A list of HeaderValueOption under its own name; nothing for an empty one. */
export function headerEdits<Name extends string>(message: Message, name: Name): { [name in Name]?: HeaderOperation } {
  const operation = withoutEmpty(headerValues(message.messages(name)));
  return (operation ? { [name]: operation } : {}) as { [name in Name]?: HeaderOperation };
}

function headerValues(messages: readonly Message[]): Required<Pick<HeaderOperation, 'set' | 'add'>> {
  const values: Required<Pick<HeaderOperation, 'set' | 'add'>> = { set: [], add: [] };
  for (const message of messages) {
    const header = requiredMessage(message, 'header', 'HeaderValueOption');
    const { into, ...when } = APPEND_ACTIONS[appendAction(message)];
    const condition = { ...when, ...(message.flag('keepEmptyValue') ? { keepEmpty: true as const } : {}) };
    const name = changeable(requiredText(header, 'key', 'HeaderValue'), 'modified');
    values[into].push([
      name,
      formatOf(header),
      ...(Object.keys(condition).length > 0 ? [condition] : []),
    ] as HeaderFormat);
  }
  return values;
}

/** In lower case. @throws EnvoyRejects for the headers that make up the request itself. */
function changeable(header: string, done: 'modified' | 'removed'): string {
  const name = header.toLowerCase();
  if (name === 'host' || name.startsWith(':')) throw new EnvoyRejects(`:-prefixed or host headers may not be ${done}`);
  return name;
}

/** The old `append: false` replaces what is there. */
function appendAction(message: Message): AppendAction {
  if (!message.has('append')) return oneOf(message, 'appendAction', ACTION_NAMES);
  if (message.text('appendAction') !== '')
    throw new EnvoyRejects("Both append and append_action are set and it's not allowed");
  return message.flag('append', true) ? 'APPEND_IF_EXISTS_OR_ADD' : 'OVERWRITE_IF_EXISTS_OR_ADD';
}

function formatOf(header: Message): string {
  const value = header.text('value');
  const wrong = envoyFormatProblem(value);
  if (wrong !== undefined) throw new EnvoyRejects(wrong);
  return value;
}

/** `…_headers_to_add` and `…_headers_to_remove` of a route or virtual host; undefined when there is nothing to do. */
export function headerOperation(message: Message, direction: 'request' | 'response'): HeaderOperation | undefined {
  const removed = message.get(`${direction}HeadersToRemove`);
  const remove = Array.isArray(removed) ? removed.map((name) => changeable(String(name), 'removed')) : [];
  return withoutEmpty({ ...headerValues(message.messages(`${direction}HeadersToAdd`)), remove });
}

function withoutEmpty({ set = [], add = [], remove = [] }: HeaderOperation): HeaderOperation | undefined {
  if (set.length + add.length + remove.length === 0) return undefined;
  return { ...(set.length ? { set } : {}), ...(add.length ? { add } : {}), ...(remove.length ? { remove } : {}) };
}

const STRING_MATCHES = ['exact', 'prefix', 'suffix', 'contains'] as const;

function regexOf(pattern: string): string {
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    throw new EnvoyRejects((error as Error).message);
  }
  return pattern;
}

/** StringMatcher. */
export function stringMatch(message: Message): StringMatch {
  const ignoreCase = message.flag('ignoreCase') ? { ignoreCase: true } : {};
  for (const kind of STRING_MATCHES) if (message.has(kind)) return { kind, value: message.text(kind), ...ignoreCase };
  const regex = message.message('safeRegex');
  if (regex) return { kind: 'regex', value: regexOf(regex.ignore('googleRe2').text('regex')) };
  throw new EnvoyRejects(`${message.path}: MatchPattern: value is required`);
}

/** HeaderMatcher, with the fields that Envoy had before string_match; nothing set means present. */
export function headerMatch(message: Message): ActionHeaderMatch {
  return {
    name: requiredText(message, 'name', 'HeaderMatcher').toLowerCase(),
    match: headerCondition(message),
    invert: message.flag('invertMatch'),
    treatMissingAsEmpty: message.flag('treatMissingHeaderAsEmpty'),
  };
}

function headerCondition(message: Message): ActionHeaderMatch['match'] {
  const match = message.message('stringMatch');
  if (match) return stringMatch(match);
  for (const kind of STRING_MATCHES) {
    if (message.has(`${kind}Match`)) return { kind, value: message.text(`${kind}Match`) };
  }
  const regex = message.message('safeRegexMatch');
  if (regex) return { kind: 'regex', value: regexOf(regex.ignore('googleRe2').text('regex')) };
  if (message.has('regexMatch')) return { kind: 'regex', value: regexOf(message.text('regexMatch')) };
  const range = message.message('rangeMatch');
  if (range) return { kind: 'range', start: range.number('start', 0), end: range.number('end', 0) };
  return { kind: 'present', present: message.flag('presentMatch', true) };
}

/** QueryParameterMatcher. */
export function queryParamMatch(message: Message): ActionQueryMatch {
  const name = requiredText(message, 'name', 'QueryParameterMatcher');
  const match = message.message('stringMatch');
  const isAbsent = !match && !message.flag('presentMatch', true);
  return { name, match: match ? stringMatch(match) : isAbsent ? { kind: 'absent' } : { kind: 'present' } };
}
