/** Checks that several kinds share: ports, durations, percentages, headers, regular expressions. undefined = fine. */
import { RE2JS } from 're2js';
import { durationMs } from '../../compile/duration.ts';
import { isDns1123Label } from './domain.ts';

type Problem = string | undefined;

export function port(number: number): Problem {
  return number >= 1 && number <= 65535 ? undefined : `port number ${number} must be in the range 1..65535`;
}

/** At least a millisecond, and whole ones, because Envoy's own durations are kept in milliseconds here. */
export function duration(text: string | undefined): Problem {
  if (text === undefined) return undefined;
  const ms = durationMs(text) ?? Number.NaN;
  if (ms < 1) return 'duration must be greater than 1ms';
  return Number.isInteger(Number(ms.toFixed(6))) ? undefined : 'only durations to ms precision are supported';
}

/** The name of a Service's or an endpoint's port. */
export function portName(name: string): Problem {
  return isDns1123Label(name) ? undefined : `invalid port name: ${name}`;
}

export function percentRange(value: number | undefined): Problem {
  return value === undefined || (value >= 0 && value <= 100) ? undefined : `percentage ${value} is not in range 0..100`;
}

export function percentage(value: number | undefined): Problem {
  if (value === undefined || value === 0 || (value >= 0.0001 && value <= 100)) return undefined;
  return `percentage ${value} is neither 0.0, nor in range [0.0001, 100.0]`;
}

/** RFC 9110 token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function httpHeaderName(name: string): Problem {
  if (name === '') return 'header name cannot be empty';
  return TOKEN.test(name) ? undefined : `header name ${name} is not a valid header name`;
}

/** A header that an operation may touch. Removing or adding takes no Host; setting does (`allowAuthority`). */
export function operatedHeaderName(name: string, allowAuthority: boolean): Problem {
  if (name === '') return 'header name cannot be empty';
  const lower = name.toLowerCase();
  if (allowAuthority && (lower === 'host' || lower === ':authority')) return undefined;
  if (lower === 'host') return `invalid header ${JSON.stringify(name)}: cannot set Host header`;
  return name.startsWith(':') ? `invalid header ${JSON.stringify(name)}: header cannot have ":" prefix` : undefined;
}

/** The pattern compiled as RE2, or its error as Go's regexp words it. */
export function re2Error(pattern: string): Problem {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return String((error as Error).message);
  }
}

interface Match {
  exact?: string;
  prefix?: string;
  regex?: string;
}

const RE2_HINT = 'Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)';

/** A StringMatch; only its regex can be wrong. */
export function stringMatchRegexp(match: Match | undefined, where: string): Problem {
  if (match?.regex === undefined) return undefined;
  if (match.regex === '') return `"${where}": regex string match should not be empty`;
  const error = re2Error(match.regex);
  return error && `"${where}": ${error}; ${RE2_HINT}`;
}

const LABEL_KEY = /^(?:([a-zA-Z0-9](?:[-.a-zA-Z0-9]*[a-zA-Z0-9])?)\/)?((?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/;
const MAX_LABEL = 63;
const MAX_LABEL_PREFIX = 253;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

export function labels(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const problem = labelKeyProblem(key);
    if (problem !== undefined) return [problem];
    return LABEL_VALUE.test(value) ? [] : [`invalid tag value: "${value}"`];
  });
}

function labelKeyProblem(key: string): Problem {
  const [match, prefix = '', name = ''] = LABEL_KEY.exec(key) ?? [];
  if (match === undefined) return `invalid tag key: "${key}"`;
  if (prefix.length > MAX_LABEL_PREFIX) return `invalid tag key: "${key}" (DNS prefix is too long)`;
  return name.length > MAX_LABEL ? `invalid tag key: "${key}" (name is too long)` : undefined;
}

export function exportTo(values: readonly string[] | undefined): string[] {
  const list = values ?? [];
  if (list.includes('*') && list.length > 1)
    return ['cannot have both public (*) and non-public exportTo values for a resource'];
  return list
    .filter((value) => !['*', '.', '~'].includes(value) && !isDns1123Label(value))
    .map((value) => `exportTo: invalid namespace ${JSON.stringify(value)}`);
}
