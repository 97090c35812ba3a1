/** What the routes of a Snapshot forward, and where. */
import type { ForwardAction, Snapshot, VirtualHost } from '../../gateway/snapshot.ts';
import { compare } from './names.ts';

/** Everything that is forwarded. */
export function forwardActions({ routeTables }: Pick<Snapshot, 'routeTables'>): ForwardAction[] {
  const routes = Object.values(routeTables).flatMap((table) => table.virtualHosts.flatMap((host) => host.routes));
  return routes.map(({ action }) => action).filter((action) => action.kind === 'forward');
}

/** Every cluster that some route names, sorted: destinations and mirrors. */
export function wantedClusters({ routeTables }: Pick<Snapshot, 'routeTables'>): string[] {
  const names = new Set<string>();
  for (const { virtualHosts } of Object.values(routeTables))
    for (const virtualHost of virtualHosts) for (const name of clustersOf(virtualHost)) names.add(name);
  return [...names].sort(compare);
}

/** Every cluster that the routes of the virtual host name. */
export function clustersOf({ routes }: VirtualHost): Set<string> {
  const names = new Set<string>();
  for (const { action } of routes) {
    if (action.kind !== 'forward') continue;
    for (const { cluster } of action.destinations) names.add(cluster);
    for (const { cluster } of action.mirrors ?? []) names.add(cluster);
  }
  return names;
}
