/** Routes to a cluster that is there and has nobody in it: every request is answered "no healthy upstream". */
import type { Cluster, Origin, Snapshot } from '../../gateway/snapshot.ts';
import { describe } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function emptyClusters({ input, compiled }: Scene): Finding[] {
  const byName = new Map(input.resources.map((resource) => [describe(resource), resource]));
  const said = new Set<string>();
  return [...usesOf(compiled.snapshot)].flatMap(([cluster, { kind, namespace, name, path = '' }]) => {
    const resource = byName.get(`${kind} ${namespace}/${name}`);
    const rule = Number(/^http\[(\d+)\]/.exec(path)?.[1] ?? 0);
    const key = `${kind} ${namespace}/${name} ${rule} ${cluster.name}`;
    if (!resource || said.has(key)) return [];
    said.add(key);
    const what = cluster.subset ? `subset ${cluster.subset} of ${cluster.host}` : cluster.host;
    return [finding('NoEndpoints', { what, port: cluster.port }, about(resource, ['spec', 'http', rule, 'route']))];
  });
}

/** Empty clusters with the routes that send there. DNS names and the mesh find their endpoints later. */
function* usesOf({ routeTables, clusters }: Snapshot): Generator<[Cluster, Origin]> {
  for (const { virtualHosts } of Object.values(routeTables)) {
    for (const { action, origin } of virtualHosts.flatMap(({ routes }) => routes)) {
      for (const { cluster: name } of action.kind === 'forward' ? action.destinations : []) {
        const cluster = clusters[name];
        if (cluster?.resolution === 'STATIC' && cluster.endpoints.length === 0) yield [cluster, origin];
      }
    }
  }
}
