/** An object that is defined several times: the last definition counts, as when kubectl applies the files in that order. */
import { about } from '../analysis/about.ts';
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import type { Resource } from '../resources/resource.ts';
import { editsOf } from './edits.ts';
import type { Memo } from './memo.ts';
import { keyOf } from './select.ts';

/** @param resources in the order in which they were written */
export function withoutReplaced(
  resources: readonly Resource[],
  memo: Memo,
): { current: readonly Resource[]; findings: Finding[] } {
  const before = memo.value<{ unique: readonly Resource[] }>('unique resources', [], () => ({ unique: [] }));
  const isUnique = staysUnique(before.unique, resources) || allDiffer(resources);
  before.unique = isUnique ? resources : [];
  if (isUnique) return { current: resources, findings: [] };
  const last = new Map(resources.map((resource) => [identityOf(resource), resource]));
  const replaced = resources.filter((resource) => last.get(identityOf(resource)) !== resource);
  const findings = replaced.map((resource) => {
    const { file, line, column } = last.get(identityOf(resource))!.at([]);
    return finding('Replaced', { place: `${file}:${line}:${column}` }, about(resource));
  });
  return { current: [...last.values()], findings };
}

/** Where none was replaced before, only what has come can define something again. */
function staysUnique(unique: readonly Resource[], resources: readonly Resource[]): boolean {
  const come = editsOf(unique, resources)?.flatMap((edit) => edit.come);
  if (!come) return false;
  const names = new Set(come.map(({ metadata }) => metadata.name));
  const alike = names.size === 0 ? [] : resources.filter(({ metadata }) => names.has(metadata.name));
  return allDiffer(alike);
}

const identityOf = (resource: Resource): string => `${resource.group}/${resource.kind} ${keyOf(resource)}`;
const allDiffer = (resources: readonly Resource[]): boolean =>
  new Set(resources.map(identityOf)).size === resources.length;
