/** An object that is defined several times: the last definition counts, as when kubectl applies the files in that order. */
import { about } from '../analysis/about.ts';
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import type { Resource } from '../resources/resource.ts';
import type { Memo } from './memo.ts';
import { keyOf } from './select.ts';

/** @param resources in the order in which they were written */
export function withoutReplaced(
  resources: readonly Resource[],
  memo: Memo,
): { current: Resource[]; findings: Finding[] } {
  const known = memo.table<string>('resource identity');
  const identityOf = (resource: Resource) =>
    known(resource, [], () => `${resource.group}/${resource.kind} ${keyOf(resource)}`);
  const last = new Map<string, Resource>();
  for (const resource of resources) last.set(identityOf(resource), resource);
  if (last.size === resources.length) return { current: [...resources], findings: [] };
  const replaced = resources.filter((resource) => last.get(identityOf(resource)) !== resource);
  const findings = replaced.map((resource) => {
    const { file, line, column } = last.get(identityOf(resource))!.at([]);
    return finding('Replaced', { place: `${file}:${line}:${column}` }, about(resource));
  });
  return { current: [...last.values()], findings };
}
