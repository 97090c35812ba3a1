/** An object that is defined several times: the last definition counts, as when kubectl applies the files in that order. */
import { about } from '../analysis/about.ts';
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import type { Resource } from '../resources/resource.ts';
import { type Memo, replacedItems } from './memo.ts';
import { keyOf } from './select.ts';

/** @param resources in the order in which they were written */
export function withoutReplaced(
  resources: readonly Resource[],
  memo: Memo,
): { current: Resource[]; findings: Finding[] } {
  // Where none was replaced before, and each that changed took its own place, none is now.
  const before = memo.value<{ unique: readonly Resource[] }>('unique resources', [], () => ({ unique: [] }));
  const changes = replacedItems(before.unique, resources);
  const isUnique = changes?.every(([old, now]) => identityOf(old) === identityOf(now)) || allDiffer(resources);
  before.unique = isUnique ? resources : [];
  if (isUnique) return { current: [...resources], findings: [] };
  const last = new Map(resources.map((resource) => [identityOf(resource), resource]));
  const replaced = resources.filter((resource) => last.get(identityOf(resource)) !== resource);
  const findings = replaced.map((resource) => {
    const { file, line, column } = last.get(identityOf(resource))!.at([]);
    return finding('Replaced', { place: `${file}:${line}:${column}` }, about(resource));
  });
  return { current: [...last.values()], findings };
}

const identityOf = (resource: Resource): string => `${resource.group}/${resource.kind} ${keyOf(resource)}`;
const allDiffer = (resources: readonly Resource[]): boolean =>
  new Set(resources.map(identityOf)).size === resources.length;
