/** Route tables of one shape and any size, and the request that only their last route takes. */
import type { Route, RouteMatch, VirtualHost } from '../gateway/snapshot.ts';

export interface Shape {
  name: string;
  virtualHosts(count: number): VirtualHost[];
  /** Host, path and further header lines of the request for the last route. */
  request(count: number): { host: string; path: string; headers: string[] };
}

const HOST = 'app.example.com';

function route(match: RouteMatch): Route {
  const origin = { kind: 'VirtualService', namespace: 'default', name: 'bench' };
  const action: Route['action'] = { kind: 'forward', destinations: [{ cluster: 'up', weight: 100 }], timeoutMs: 0 };
  return { name: '', match, action, origin };
}

/** All routes on one host. */
function onOneHost(match: (n: number) => RouteMatch): Shape['virtualHosts'] {
  return (count) => [
    { name: `${HOST}:80`, domains: [HOST], routes: Array.from({ length: count }, (_, n) => route(match(n))) },
  ];
}

export const SHAPES: readonly Shape[] = [
  {
    name: 'hosts',
    virtualHosts: (count) =>
      Array.from({ length: count }, (_, n) => ({
        name: `h${n}.example.com:80`,
        domains: [`h${n}.example.com`],
        routes: [route({ path: { kind: 'prefix', value: '/' } })],
      })),
    request: (count) => ({ host: `h${count - 1}.example.com`, path: '/x/y?z=1', headers: [] }),
  },
  {
    name: 'prefixes',
    virtualHosts: onOneHost((n) => ({ path: { kind: 'prefix', value: `/p${n}/` } })),
    request: (count) => ({ host: HOST, path: `/p${count - 1}/x?z=1`, headers: [] }),
  },
  {
    name: 'exact paths',
    virtualHosts: onOneHost((n) => ({ path: { kind: 'exact', value: `/p${n}` } })),
    request: (count) => ({ host: HOST, path: `/p${count - 1}?z=1`, headers: [] }),
  },
  {
    name: 'regexes',
    virtualHosts: onOneHost((n) => ({ path: { kind: 'regex', value: `/p${n}/[a-z]+/(a|b)` } })),
    request: (count) => ({ host: HOST, path: `/p${count - 1}/abc/b?z=1`, headers: [] }),
  },
  {
    name: 'header values',
    virtualHosts: onOneHost((n) => ({ headers: [{ name: 'x-user', match: { kind: 'exact', value: `u${n}` } }] })),
    request: (count) => ({ host: HOST, path: '/x/y?z=1', headers: [`x-user: u${count - 1}`] }),
  },
];
