/** What lies between two Snapshots, part by part: for people who decide whether to roll back. */
import type { Snapshot } from '../../gateway/snapshot.ts';
import { same } from '../rest/apply/ownership.ts';

/** `+ host http.80 web.test`, `- cluster …`, `~ listener 0.0.0.0_80`, sorted by what they name. */
export function snapshotDiff(before: Snapshot, after: Snapshot): string[] {
  const [old, next] = [partsOf(before), partsOf(after)];
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  return names.flatMap((name) => {
    if (!old.has(name)) return [`+ ${name}`];
    if (!next.has(name)) return [`- ${name}`];
    return same(old.get(name), next.get(name)) ? [] : [`~ ${name}`];
  });
}

function partsOf({ mesh, listeners, routeTables, clusters, limitDomains = {} }: Snapshot): Map<string, unknown> {
  const parts = new Map<string, unknown>([['mesh', mesh]]);
  for (const listener of listeners) parts.set(`listener ${listener.name}`, listener);
  for (const { name, virtualHosts } of Object.values(routeTables)) {
    for (const host of virtualHosts) for (const domain of host.domains) parts.set(`host ${name} ${domain}`, host);
  }
  for (const [name, cluster] of Object.entries(clusters)) parts.set(`cluster ${name}`, cluster);
  for (const [name, domain] of Object.entries(limitDomains)) parts.set(`limits ${name}`, domain);
  return parts;
}
