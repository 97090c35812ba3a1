/**
 * ConfigMaps that hold envoyproxy/ratelimit's configuration become the Snapshot's limitDomains. A ConfigMap is one set of
 * files, as the service mounts it: one bad file leaves the whole set out, and what the last Snapshot had of it stays.
 */
import type { LimitDomain } from '../../../gateway/snapshot.ts';
import { about } from '../../analysis/about.ts';
import { finding } from '../../analysis/report.ts';
import { describe, type Resource } from '../../resources/resource.ts';
import type { CompileInput, Draft, Processor } from '../processor.ts';
import { ofKind } from '../select.ts';
import { LimitConfigError } from './error.ts';
import { type LimitFile, loadLimits } from './load.ts';

type ConfigMap = Resource<{ data?: Record<string, string> }>;

/** How a configuration of the service begins; nothing else that people keep in ConfigMaps has such a line and descriptors. */
const LOOKS_LIKE = /^(?:domain|"domain"|'domain')\s*:/m;

export const rateLimitConfig: Processor = {
  name: 'rate-limit-config',
  reason: 'before the filters that name its domains',
  run(input: CompileInput, draft: Draft) {
    for (const map of ofKind<{ data?: Record<string, string> }>(input, '', 'ConfigMap')) {
      const files = filesOf(map);
      if (files.length === 0) continue;
      draft.placements.push({
        resource: describe(map),
        where: 'edge',
        reason: "the rate-limit service's configuration",
      });
      addDomains(map, load(map, files, input, draft), draft);
    }
  },
};

function filesOf({ spec }: ConfigMap): LimitFile[] {
  const files = Object.entries(spec.data ?? {}).map(([name, content]) => ({ name, content: String(content) }));
  const ours = files.filter(
    ({ content }) => LOOKS_LIKE.test(content) && /^\s*["']?descriptors["']?\s*:/m.test(content),
  );
  return ours.length > 0
    ? files.filter(({ name }) => /\.ya?ml$/.test(name) || ours.some((each) => each.name === name))
    : [];
}

function load(
  map: ConfigMap,
  files: readonly LimitFile[],
  input: CompileInput,
  draft: Draft,
): Record<string, LimitDomain> {
  try {
    return loadLimits(files);
  } catch (error) {
    if (!(error instanceof LimitConfigError)) throw error;
    const kept = lastGood(files, input);
    const where = about(map, ['data', error.place.file]);
    draft.findings.push(
      finding(
        'RateLimitConfigError',
        { error: error.message, kept: Object.keys(kept).join(', ') || 'none' },
        placed(where, error, files),
      ),
    );
    return kept;
  }
}

/** The content of a block scalar begins on the line after its key. */
function placed(where: ReturnType<typeof about>, { place }: LimitConfigError, files: readonly LimitFile[]) {
  const { position } = where;
  const content = files.find(({ name }) => name === place.file)?.content ?? '';
  const field = `data.${place.file}`;
  if (!position || !content.includes('\n')) return { ...where, field };
  return {
    ...where,
    field,
    position: { ...position, line: position.line + place.line, column: position.column + place.column - 1 },
  };
}

/** The domains that these files name, as the Snapshot before had them. */
function lastGood(files: readonly LimitFile[], { previous }: CompileInput): Record<string, LimitDomain> {
  const known = Object.entries(previous?.limitDomains ?? {});
  const named = ([domain]: [string, LimitDomain]) =>
    files.some(({ content }) =>
      new RegExp(`^domain\\s*:\\s*["']?${escapeRegExp(domain)}["']?\\s*$`, 'm').test(content),
    );
  return Object.fromEntries(known.filter(named));
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Several ConfigMaps may hold domains; of one domain in two of them the older ConfigMap's counts. */
function addDomains(map: ConfigMap, domains: Record<string, LimitDomain>, draft: Draft): void {
  if (Object.keys(domains).length === 0) return;
  const all: Record<string, LimitDomain> = draft.snapshot.limitDomains ?? {};
  draft.snapshot.limitDomains = all;
  for (const [name, domain] of Object.entries(domains)) {
    if (all[name]) {
      const error = `duplicate domain '${name}' in config file`;
      draft.findings.push(finding('RateLimitConfigError', { error, kept: name }, about(map)));
    } else all[name] = domain;
  }
}
