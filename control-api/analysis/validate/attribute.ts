/** Values of AuthorizationPolicies, as Istio's webhook judges them: undefined for fine ones. */
import { isIp } from './domain.ts';
import { prefixProblem } from './ip.ts';

type Problem = string | undefined;

export function portProblem(value: string): Problem {
  const parsing = `bad port (${value}): strconv.ParseUint: parsing ${JSON.stringify(value)}`;
  if (!/^\d+$/.test(value)) return `${parsing}: invalid syntax`;
  if (Number(value) >= 2 ** 32) return `${parsing}: value out of range`;
  return Number(value) <= 65535 ? undefined : `bad port (${value}): <nil>`;
}

/** An address or CIDR in full; Istio takes no short forms. */
export function ipProblem(value: string): Problem {
  if (!value.includes('/')) return isIp(value) ? undefined : `bad IP address (${value})`;
  const problem = prefixProblem(value);
  return problem && `bad CIDR range (${value}): ${problem}`;
}

/** @param where the list as the text names it: `NotPaths` */
export function valuesProblem(where: string, values: readonly string[] | undefined): Problem {
  return values?.includes('') ? `empty value not allowed, found in ${where}` : undefined;
}

const MAX_ACCOUNTS = 16;
const MAX_ACCOUNT = 320;

/** `name` or `namespace/name`, without wildcards. */
export function serviceAccountsProblem(where: string, values: readonly string[] = []): Problem {
  if (values.length > MAX_ACCOUNTS) return `may not have more than ${MAX_ACCOUNTS} values`;
  return values.map((value) => accountProblem(where, value)).find((problem) => problem !== undefined);
}

function accountProblem(where: string, value: string): Problem {
  const form = (found: string): string =>
    `expected format 'serviceAccount' or 'namespace/serviceAccount', found ${found}${JSON.stringify(value)} in ${where}`;
  if (value === '') return `empty value not allowed, found in ${where}`;
  if (value.includes('*')) return `wildcard not allowed, found in ${where}`;
  const parts = value.split('/');
  if (parts.length > 2) return form('');
  if (value.length > MAX_ACCOUNT)
    return `value cannot exceed ${MAX_ACCOUNT} characters, found ${JSON.stringify(value)} in ${where}`;
  if (parts.length === 2 && parts[0] === '') return form('empty namespace ');
  return parts.at(-1) === '' ? form('empty serviceAccount ') : undefined;
}

/** One star at most, at the beginning or the end. */
export function wildcardsProblem(where: string, values: readonly string[] = []): Problem {
  const empty = valuesProblem(where, values);
  return empty ?? values.map((value) => wildcardProblem(where, value)).find((problem) => problem !== undefined);
}

function wildcardProblem(where: string, value: string): Problem {
  const stars = value.split('*').length - 1;
  if (stars > 1) return `at most one wildcard is allowed, found in ${where}: ${JSON.stringify(value)}`;
  const isInside = stars === 1 && !value.startsWith('*') && !value.endsWith('*');
  return isInside
    ? `wildcard is only allowed at the start or end, found in ${where}: ${JSON.stringify(value)}`
    : undefined;
}

export function trustDomainsProblem(where: string, values: readonly string[] = []): Problem {
  const path = values.find((value) => value.includes('/'));
  const problem = path && `trust domain must not contain '/', found in ${where}: ${JSON.stringify(path)}`;
  return wildcardsProblem(where, values) ?? problem;
}
