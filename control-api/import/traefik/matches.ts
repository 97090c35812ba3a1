/** The conditions of one alternative as hosts and one HTTPMatchRequest (Traefik docs: Routers, Rules). */
import type { HttpMatchSpec, StringMatchSpec } from '../../compile/spec.ts';
import type { Alternative, Condition } from './rule.ts';

export interface Matched {
  /** Empty: every host. */
  hosts: string[];
  match: HttpMatchSpec;
}

/** Throws with the reason when Istio's API has nothing like a condition. */
export function matchOf(alternative: Alternative): Matched {
  const matched: Matched = { hosts: [], match: {} };
  for (const condition of alternative) {
    const take = condition.not ? NEGATED[condition.name] : PLAIN[condition.name];
    if (!take) throw new Error(`${condition.not ? '!' : ''}${condition.name}(…) has nothing like it in Istio's API`);
    take(matched, condition.args);
  }
  return matched;
}

type Take = (matched: Matched, args: Condition['args']) => void;

const PLAIN: Record<string, Take> = {
  Host: (matched, hosts) => matched.hosts.push(...hosts),
  Path: ({ match }, [path = '']) => setUri(match, { exact: path }),
  PathPrefix: ({ match }, [path = '']) => setUri(match, { prefix: path }),
  PathRegexp: ({ match }, [pattern = '']) => setUri(match, { regex: whole(pattern) }),
  Method: ({ match }, methods) => {
    match.method = oneOf(methods);
  },
  Header: ({ match }, [name = '', value = '']) => addHeader(match, 'headers', name, { exact: value }),
  HeaderRegexp: ({ match }, [name = '', pattern = '']) => addHeader(match, 'headers', name, { regex: whole(pattern) }),
  Query: ({ match }, [name = '', value]) => addQuery(match, name, value === undefined ? {} : { exact: value }),
  QueryRegexp: ({ match }, [name = '', pattern = '']) => addQuery(match, name, { regex: whole(pattern) }),
};
/** The names of version 2. */
PLAIN.Headers = PLAIN.Header!;
PLAIN.HeadersRegexp = PLAIN.HeaderRegexp!;

const NEGATED: Record<string, Take> = {
  Header: ({ match }, [name = '', value = '']) => addHeader(match, 'withoutHeaders', name, { exact: value }),
  HeaderRegexp: ({ match }, [name = '', pattern = '']) =>
    addHeader(match, 'withoutHeaders', name, { regex: whole(pattern) }),
};

function setUri(match: HttpMatchSpec, uri: StringMatchSpec): void {
  if (match.uri) throw new Error('two conditions on the path of one request');
  match.uri = uri;
}

function addHeader(
  match: HttpMatchSpec,
  list: 'headers' | 'withoutHeaders',
  name: string,
  value: StringMatchSpec,
): void {
  const key = name.toLowerCase();
  if (match[list]?.[key]) throw new Error(`two conditions on the header ${name}`);
  match[list] = { ...match[list], [key]: value };
}

function addQuery(match: HttpMatchSpec, name: string, value: StringMatchSpec): void {
  match.queryParams = { ...match.queryParams, [name]: value };
}

function oneOf(methods: readonly string[]): StringMatchSpec {
  return methods.length === 1 ? { exact: methods[0]! } : { regex: methods.join('|') };
}

/** Traefik finds a pattern anywhere, Istio wants the whole value. */
export function whole(pattern: string): string {
  const start = pattern.startsWith('^') ? '' : '.*';
  const end = pattern.endsWith('$') ? '' : '.*';
  return start === '' && end === '' ? pattern : `${start}(?:${pattern})${end}`;
}
