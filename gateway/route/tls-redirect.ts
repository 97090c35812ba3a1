/** The answer to every plain request of a server with httpsRedirect (Envoy's require_tls), in the form of a route. */
import type { Route } from '../snapshot.ts';

export const TLS_REDIRECT: Route = {
  name: '',
  match: {},
  action: { kind: 'redirect', status: 301, scheme: 'https' },
  origin: { kind: 'Gateway', namespace: '', name: '', path: 'tls.httpsRedirect' },
};
