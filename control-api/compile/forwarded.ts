/** What the routes of a Snapshot forward, and where. */
import type { ForwardAction, Snapshot } from '../../gateway/snapshot.ts';
import { compare } from './names.ts';

/** Everything that is forwarded. */
export function forwardActions({ routeTables }: Pick<Snapshot, 'routeTables'>): ForwardAction[] {
  const routes = Object.values(routeTables).flatMap((table) => table.virtualHosts.flatMap((host) => host.routes));
  return routes.map(({ action }) => action).filter((action) => action.kind === 'forward');
}

/** Every cluster that some route names, sorted: destinations and mirrors. */
export function wantedClusters(snapshot: Pick<Snapshot, 'routeTables'>): string[] {
  const names = forwardActions(snapshot).flatMap(({ destinations, mirrors = [] }) =>
    [...destinations, ...mirrors].map((one) => one.cluster),
  );
  return [...new Set(names)].sort(compare);
}
