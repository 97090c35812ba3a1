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

/** RFC 9110 token, and the comma that Istio takes, too. */
const TOKEN = /^[!#$%&'*+,\-.^_`|~0-9A-Za-z]+$/;

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

/** Istio's stand-in for the size of the compiled program, which Envoy limits. */
const MAX_REGEX = 1024;

export function regexp(pattern: string, where: string): Problem {
  if (new TextEncoder().encode(pattern).length > MAX_REGEX)
    return `"${where}": regex is too large, max length allowed is ${MAX_REGEX}`;
  const error = re2Error(pattern);
  return error && `"${where}": ${error}; ${RE2_HINT}`;
}

/** A StringMatch whose prefix may be empty. */
export function stringMatchRegexp(match: Match | undefined, where: string): Problem {
  if (match?.regex === undefined) return undefined;
  return match.regex === '' ? `"${where}": regex string match should not be empty` : regexp(match.regex, where);
}

/** A StringMatch of anything but a path: Envoy takes no empty prefix there. */
export function stringMatch(match: Match | undefined, where: string): Problem {
  return match?.prefix === '' ? `"${where}": prefix string match should not be empty` : stringMatchRegexp(match, where);
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

/**
 * @param namespace the resource's own, which `.` stands for
 * @param allowNone `~`, nobody, may be named, alone
 */
export function exportTo(values: readonly string[] | undefined, namespace: string, allowNone = false): string[] {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const value of values ?? []) {
    const key = value === '.' ? namespace : value;
    const problem = seen.has(key) ? duplicate(value, key) : visibility(key, allowNone);
    if (problem === undefined) seen.add(key);
    else problems.push(problem);
  }
  if (seen.has('*') && values!.length > 1)
    problems.push('cannot have both public (*) and non-public exportTo values for a resource');
  if (seen.has('~') && values!.length > 1) problems.push('cannot export service entry to no one (~) and someone');
  return problems;
}

const duplicate = (value: string, key: string): string =>
  value === key
    ? `duplicate entries in exportTo for entry ${value}`
    : `duplicate entries in exportTo: . and current namespace ${key}`;

function visibility(value: string, allowNone: boolean): Problem {
  if (value === '~') return allowNone ? undefined : 'exportTo ~ (none) is not allowed for Istio configuration objects';
  if (value === '*' || isDns1123Label(value)) return undefined;
  return `only ., *, or a valid DNS 1123 label is allowed as exportTo entry, not ${JSON.stringify(value)}`;
}
