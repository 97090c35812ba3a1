/** The router phase: a redirect or direct response is answered here, everything else goes upstream. */
import type { LocalReply } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import { foldForward } from '../upstream/forward.ts';
import { foldDirectResponse } from './direct-response.ts';
import { foldRedirect } from './redirect.ts';

const NO_ROUTE: LocalReply = { status: 404, body: '', flag: 'NR', details: 'route_not_found' };

export function foldRouter({ snapshot, route }: RouteScope): Step[] {
  if (route === undefined) return [{ request: () => NO_ROUTE }];
  switch (route.action.kind) {
    case 'redirect':
      return [{ request: foldRedirect(route.action, route.match) }];
    case 'direct':
      return [{ request: foldDirectResponse(route.action) }];
    case 'forward':
      return [{ request: foldForward(snapshot, route, route.action) }];
  }
}
