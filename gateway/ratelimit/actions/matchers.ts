/** Actions that look whether headers or query parameters match, and the one that reads a query parameter. */
import type { Exchange } from '../../exchange.ts';
import { queryParameter as rawParameter } from '../../route/query.ts';
import { headerReader } from '../../route/route-matcher.ts';
import { testOf } from '../../route/string-matcher.ts';
import type { ActionHeaderMatch, QueryParamMatch, RateLimitAction } from '../../snapshot.ts';
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

function whenAll(
  conditions: readonly Condition[],
  action: { descriptorKey: string; descriptorValue: string; expectMatch: boolean },
): EntryMaker {
  const { descriptorKey: key, descriptorValue: value, expectMatch } = action;
  return (exchange) => {
    const all = conditions.every((condition) => condition(exchange));
    return all === expectMatch ? { key, value } : 'drop';
  };
}

function queryMatches({ name, match }: QueryParamMatch): Condition {
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
  const test = match.kind === 'range' ? rangeTest(match.start, match.end) : testOf(match);
  return (exchange) => {
    const value = read(exchange) ?? (treatMissingAsEmpty ? '' : null);
    return value !== null && test(value) !== invert;
  };
}

function rangeTest(start: number, end: number): (value: string) => boolean {
  return (value) => {
    const number = /^[-+]?\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= start && number < end;
  };
}
