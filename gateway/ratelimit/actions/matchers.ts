/** Actions that look whether headers or query parameters match, and the one that reads a query parameter. */
import type { Exchange } from '../../exchange.ts';
import { queryParameter as rawParameter } from '../../route/query.ts';
import { headerReader } from '../../route/route-matcher.ts';
import { testOf } from '../../route/string-matcher.ts';
import type { ActionHeaderMatch, ActionQueryMatch, ActionValue, RateLimitAction } from '../../snapshot.ts';
import { ownValue, WITH_COMMAS } from './basic.ts';
import type { EntryMaker } from './descriptor.ts';

type Condition = (exchange: Exchange) => boolean;

/** Percent-decoded, as Envoy's rate limits read it; undefined when absent. */
function decodedParameter(exchange: Exchange, name: string): string | undefined {
  const raw = rawParameter(exchange.path, name);
  if (raw === undefined || !raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

export function queryParameter(action: Extract<RateLimitAction, { kind: 'queryParameters' }>): EntryMaker {
  const { descriptorKey: key, queryParameterName: name } = action;
  const absent = action.skipIfAbsent ? 'omit' : 'drop';
  return (exchange) => {
    const value = decodedParameter(exchange, name);
    return value === undefined ? absent : { key, value };
  };
}

export function headerValueMatch(action: Extract<RateLimitAction, { kind: 'headerValueMatch' }>): EntryMaker {
  return whenAll(action.headers.map(headerMatches), action);
}

export function queryValueMatch(action: Extract<RateLimitAction, { kind: 'queryParameterValueMatch' }>): EntryMaker {
  return whenAll(action.queryParameters.map(queryMatches), action);
}

function whenAll(conditions: readonly Condition[], action: ActionValue & { expectMatch: boolean }): EntryMaker {
  const make = ownValue(action);
  return (exchange) => {
    const all = conditions.every((condition) => condition(exchange));
    return all === action.expectMatch ? make(exchange) : 'drop';
  };
}

function queryMatches({ name, match }: ActionQueryMatch): Condition {
  if (match.kind === 'absent') return (exchange) => rawParameter(exchange.path, name) === undefined;
  const test = testOf(match);
  return (exchange) => {
    const value = decodedParameter(exchange, name);
    return value !== undefined && test(value);
  };
}

/** Envoy's HeaderMatcher: a missing header fails, inverted or not, unless it counts as an empty one. */
function headerMatches({ name, match, invert, treatMissingAsEmpty }: ActionHeaderMatch): Condition {
  const read = headerReader(name);
  if (match.kind === 'present' && 'present' in match) {
    const wanted = match.present !== invert;
    return (exchange) => (read(exchange) !== null) === wanted;
  }
  const one = match.kind === 'range' ? rangeTest(match.start, match.end) : testOf(match);
  const test = name.startsWith(':') || WITH_COMMAS.has(name) ? one : anyLine(one);
  return (exchange) => {
    const value = read(exchange) ?? (treatMissingAsEmpty ? '' : null);
    return value !== null && test(value) !== invert;
  };
}

/** Envoy looks at each line of a header; workerd hands them over joined, and nobody can tell them from one line with a list. */
function anyLine(test: (value: string) => boolean): (value: string) => boolean {
  return (value) => test(value) || (value.includes(', ') && value.split(', ').some(test));
}

function rangeTest(start: number, end: number): (value: string) => boolean {
  return (value) => {
    const number = /^[-+]?\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= start && number < end;
  };
}
