/** Which requests `bowsprit tail` shows: those that every given filter wants, each filter being a list of which one must fit. */
import { CommandError, EXIT } from '../exit.ts';
import type { Line } from './line.ts';

/** What the command line gave; each value may be a list with commas. */
export interface FilterOptions {
  /** `shop.example.com`, `*.example.com`; case and port do not count. */
  host: readonly string[];
  /** `404`, `5xx`. */
  status: readonly string[];
  /** Envoy's response flags: `NR`, `UF`; `-` for a request without any. */
  flag: readonly string[];
  method: readonly string[];
  /** Part of the response code details, `rbac_access_denied`. */
  details: readonly string[];
}

type Wanted = (line: Line) => boolean;

/** Throws a CommandError (64) for a status that is none. */
export function foldFilter({ host, status, flag, method, details }: FilterOptions): Wanted {
  const all = [
    anyOf(host, hostFilter),
    anyOf(status, statusFilter),
    anyOf(flag, flagFilter),
    anyOf(method, (name) => (line) => line.method === name.toUpperCase()),
    anyOf(details, (part) => (line) => String(line.response_code_details ?? '').includes(part)),
  ].filter((filter) => filter !== undefined);
  return (line) => all.every((filter) => filter(line));
}

function anyOf(values: readonly string[], fold: (value: string) => Wanted): Wanted | undefined {
  const filters = values.flatMap((value) => value.split(',')).map(fold);
  return filters.length === 0 ? undefined : (line) => filters.some((filter) => filter(line));
}

function hostFilter(wanted: string): Wanted {
  const name = wanted.toLowerCase();
  const hostOf = ({ authority }: Line) => String(authority ?? '').toLowerCase();
  const bare = (authority: string) => authority.replace(/:\d+$/, '');
  if (name.startsWith('*')) return (line) => bare(hostOf(line)).endsWith(name.slice(1));
  return (line) => hostOf(line) === name || bare(hostOf(line)) === name;
}

function statusFilter(wanted: string): Wanted {
  const match = /^([1-5])(xx|\d\d)$/i.exec(wanted);
  if (!match)
    throw new CommandError(`--status ${wanted} is neither a status, like 404, nor a class, like 5xx`, EXIT.usage);
  const first = match[1]!;
  if (match[2]!.toLowerCase() === 'xx') return ({ response_code }) => String(response_code).startsWith(first);
  return ({ response_code }) => String(response_code) === wanted;
}

function flagFilter(wanted: string): Wanted {
  const name = wanted.toUpperCase();
  return ({ response_flags }) =>
    String(response_flags ?? '-')
      .split(',')
      .includes(name);
}
