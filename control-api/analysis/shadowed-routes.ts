/** Routes of one VirtualService that an earlier one always takes first (IST0130, IST0131). */
import { NETWORKING, ofKind } from '../compile/select.ts';
import type { HttpMatchSpec, HttpRouteSpec, VirtualServiceSpec } from '../compile/spec.ts';
import type { Resource } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

type VirtualService = Resource<VirtualServiceSpec>;
interface Prefix {
  prefix: string;
  rule: number;
  match: number;
}

export function shadowedRoutes({ input }: Scene): Finding[] {
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap(unusedRules);
}

function unusedRules(virtualService: VirtualService): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<string, number>();
  const prefixes: Prefix[] = [];
  let catchAll = false;
  for (const [rule, http] of (virtualService.spec.http ?? []).entries()) {
    const name = http.name ? `"${http.name}"` : `#${rule}`;
    const place = about(virtualService, ['spec', 'http', rule]);
    if (catchAll) {
      findings.push(finding('UnreachableRule', { rule: name, reason: 'route without matches defined before' }, place));
      continue;
    }
    catchAll = !http.match?.length;
    const repeated = duplicates(http, name, { virtualService, rule, seen, prefixes, findings });
    if (http.match?.length && repeated === http.match.length) {
      const reason = 'all matches used by prior rules';
      findings.push(finding('UnreachableRule', { rule: name, reason }, place));
    }
  }
  return findings;
}

interface Known {
  virtualService: VirtualService;
  rule: number;
  seen: Map<string, number>;
  prefixes: Prefix[];
  findings: Finding[];
}

/** How many of the rule's matches are word for word an earlier rule's; overlapping prefixes are reported as well. */
function duplicates(http: HttpRouteSpec, name: string, known: Known): number {
  let repeated = 0;
  for (const [index, match] of (http.match ?? []).entries()) {
    const place = about(known.virtualService, ['spec', 'http', known.rule, 'match', index]);
    const key = canonical(match);
    const first = known.seen.get(key);
    if (first !== undefined) {
      repeated++;
      const args = { rule: name, match: index, first: `#${first}` };
      known.findings.push(finding('IneffectiveMatch', args, place));
      continue;
    }
    known.seen.set(key, known.rule);
    const prefix = onlyPrefix(match);
    if (prefix === undefined) continue;
    const wider = known.prefixes.find((other) => prefix.startsWith(other.prefix));
    if (wider) {
      const args = { rule: name, match: index, prefix, ...widerArgs(wider) };
      known.findings.push(finding('IneffectivePrefix', args, place));
    }
    known.prefixes.push({ prefix, rule: known.rule, match: index });
  }
  return repeated;
}

const widerArgs = ({ prefix, rule, match }: Prefix) => ({ first: `#${rule}`, wider: prefix, on: `#${match}` });

/** A name and a stat prefix decide nothing. */
function canonical({ name: _, statPrefix: _prefix, ...match }: HttpMatchSpec): string {
  return JSON.stringify(match, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function onlyPrefix({ name: _, statPrefix: _prefix, ...match }: HttpMatchSpec): string | undefined {
  return Object.keys(match).length === 1 ? match.uri?.prefix : undefined;
}
