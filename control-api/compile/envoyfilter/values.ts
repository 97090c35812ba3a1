/** Small messages that many of Envoy's filters share. */
import type {
  ActionHeaderMatch,
  HeaderOperation,
  HeaderValue,
  QueryParamMatch,
  StringMatch,
} from '../../../gateway/snapshot.ts';
import { EnvoyRejects, type Message } from './message.ts';

/** MeshConfig.defaultConfig.runtimeValues: Envoy's runtime as Istio lets users set it. */
export type Runtime = Readonly<Record<string, string>>;

const DENOMINATORS: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

/** RuntimeFractionalPercent as a percentage; a runtime value is a whole per cent. */
export function percent(message: Message | undefined, runtime: Runtime, fallback: number): number {
  if (!message) return fallback;
  const key = message.text('runtimeKey');
  const value = message.message('defaultValue');
  value?.ignore('numerator', 'denominator');
  if (key !== '' && runtime[key] !== undefined) return Math.min(100, Number(runtime[key]));
  if (!value) return 0;
  const denominator = DENOMINATORS[value.text('denominator') || 'HUNDRED'] ?? 100;
  return Math.min(100, (value.number('numerator', 0) / denominator) * 100);
}

/** HeaderValueOption; the old `append: false` and OVERWRITE_IF_EXISTS_OR_ADD replace what is there. */
export function headerValues(messages: readonly Message[]): HeaderValue[] {
  return messages.map((message) => {
    const header = message.message('header');
    const action = message.text('appendAction');
    message.ignore('keepEmptyValue');
    const append =
      message.flag('append', true) && action !== 'OVERWRITE_IF_EXISTS_OR_ADD' && action !== 'OVERWRITE_IF_EXISTS';
    if (!header) throw new EnvoyRejects(`${message.path}.header: value is required`);
    return { name: header.text('key').toLowerCase(), value: header.text('value'), append };
  });
}

/** `…_headers_to_add` and `…_headers_to_remove` of a route or virtual host; undefined when there is nothing to do. */
export function headerOperation(message: Message, direction: 'request' | 'response'): HeaderOperation | undefined {
  const values = headerValues(message.messages(`${direction}HeadersToAdd`));
  const removed = message.get(`${direction}HeadersToRemove`);
  const remove = Array.isArray(removed) ? removed.map(String) : [];
  if (values.length + remove.length === 0) return undefined;
  const pairs = (append: boolean) =>
    values.filter((each) => each.append === append).map(({ name, value }): [string, string] => [name, value]);
  const set = pairs(false);
  const add = pairs(true);
  return { ...(set.length ? { set } : {}), ...(add.length ? { add } : {}), ...(remove.length ? { remove } : {}) };
}

const STRING_MATCHES = ['exact', 'prefix', 'suffix', 'contains'] as const;

/** StringMatcher. */
export function stringMatch(message: Message): StringMatch {
  const ignoreCase = message.flag('ignoreCase') ? { ignoreCase: true } : {};
  for (const kind of STRING_MATCHES) if (message.has(kind)) return { kind, value: message.text(kind), ...ignoreCase };
  const regex = message.message('safeRegex');
  if (regex) return { kind: 'regex', value: regex.ignore('googleRe2').text('regex') };
  throw new EnvoyRejects(`${message.path}: MatchPattern: value is required`);
}

/** HeaderMatcher, with the fields that Envoy had before string_match; nothing set means present. */
export function headerMatch(message: Message): ActionHeaderMatch {
  const name = message.text('name').toLowerCase();
  if (name === '') throw new EnvoyRejects(`${message.path}.name: value length must be at least 1 characters`);
  return {
    name,
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
  if (regex) return { kind: 'regex', value: regex.ignore('googleRe2').text('regex') };
  if (message.has('regexMatch')) return { kind: 'regex', value: message.text('regexMatch') };
  const range = message.message('rangeMatch');
  if (range) return { kind: 'range', start: range.number('start', 0), end: range.number('end', 0) };
  return { kind: 'present', present: message.flag('presentMatch', true) };
}

/** QueryParameterMatcher. */
export function queryParamMatch(message: Message): QueryParamMatch {
  const name = message.text('name');
  const match = message.message('stringMatch');
  message.ignore('presentMatch');
  return { name, match: match ? stringMatch(match) : { kind: 'present' } };
}
