/** Host names as Istio's webhook judges them. Every check gives undefined for a fine name. */
import ipaddr from 'ipaddr.js';

type Problem = string | undefined;

const LABEL = /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const WILDCARD_LABEL = /^(\*|(\*-?)?[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)$/;
const MAX_LABEL = 63;
const MAX_NAME = 255;

/** A label as Istio has it: RFC 1123's, in either case. */
export const isDns1123Label = (text: string): boolean => text.length <= MAX_LABEL && LABEL.test(text);

/** In full: short forms such as 1.2.3 are addresses to a parser, but not to Istio. */
export const isIp = (text: string): boolean =>
  (text.includes(':') || /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){3}$/.test(text)) && ipaddr.isValid(text);

/** A fully qualified or short domain name; a trailing dot is allowed. */
export function fqdn(name: string): Problem {
  return lengthProblem(name) ?? labelsProblem(name);
}

/** As fqdn, with `*`, `*-` or a whole `*` before or in place of the first label. */
export function wildcardDomain(name: string): Problem {
  const [first = '', ...rest] = name.split('.');
  const problem = lengthProblem(name);
  if (problem !== undefined) return problem;
  if (first.length > MAX_LABEL || !WILDCARD_LABEL.test(first)) return invalid(name, first);
  return rest.length > 0 ? labelsProblem(rest.join('.')) : undefined;
}

/** A star that stands for less than whole labels. */
export function partialWildcard(name: string): Problem {
  return name.includes('*') && name !== '*' && !name.startsWith('*.')
    ? `partial wildcard ${JSON.stringify(name)} not allowed`
    : undefined;
}

/** A server's or a sidecar's host behind its namespace: no short names. @param takesIp a Gateway may name addresses */
export function qualifiedHost(name: string, takesIp: boolean): string[] {
  const problem = wildcardDomain(name);
  return [
    name !== '*' && !name.includes('.') ? 'short names (non FQDN) are not allowed' : undefined,
    takesIp && isIp(name) ? undefined : problem,
    partialWildcard(name),
  ].filter((text) => text !== undefined);
}

function lengthProblem(name: string): Problem {
  if (name === '') return 'empty domain name not allowed';
  return name.length > MAX_NAME ? `domain name ${JSON.stringify(name)} too long (max ${MAX_NAME})` : undefined;
}

function labelsProblem(name: string): Problem {
  const labels = name.split('.');
  const last = labels.at(-1)!;
  if (/^[+-]?\d+$/.test(last)) {
    return `domain name ${JSON.stringify(name)} invalid (top level domain ${JSON.stringify(last)} cannot be all-numeric)`;
  }
  const checked = last === '' ? labels.slice(0, -1) : labels;
  const bad = checked.find((label) => !isDns1123Label(label));
  return bad === undefined ? undefined : invalid(name, bad);
}

const invalid = (name: string, label: string): string =>
  `domain name ${JSON.stringify(name)} invalid (label ${JSON.stringify(label)} invalid)`;
