/** Ingress objects of ingress-nginx, each path a route, with its canary merged in. */
import type { HttpRouteSpec } from '../../compile/spec.ts';
import type { Draft } from '../draft.ts';
import { addressLimit, addressPolicy } from '../policies.ts';
import { ofKind } from '../source.ts';
import {
  annotation,
  CARRIED,
  type Ingress,
  type IngressBackend,
  type IngressPath,
  type IngressSpec,
  isOn,
  listOf,
  PREFIX,
} from './annotations.ts';
import { addDestinationRule } from './backends.ts';
import { canaryRoutes } from './canary.ts';
import { matchesOf, orderOf, rewriteOf } from './paths.ts';
import { corsOf, redirectOf } from './redirects.ts';

interface Place {
  ingress: Ingress;
  host: string;
  path: IngressPath;
}

export function importIngresses(draft: Draft): void {
  const ingresses = ofKind<IngressSpec>(draft.sources, /^networking\.k8s\.io\//, 'Ingress');
  const isCanary = (ingress: Ingress) => isOn(ingress, 'canary');
  const canaries = ingresses.filter(isCanary).flatMap(placesOf);
  for (const ingress of ingresses) {
    leaveUnknown(draft, ingress);
    if (isCanary(ingress)) continue;
    addServers(draft, ingress);
    addPolicies(draft, ingress);
    for (const place of placesOf(ingress))
      addRoutes(
        draft,
        place,
        canaries.find((canary) => samePlace(canary, place)),
      );
  }
}

function placesOf(ingress: Ingress): Place[] {
  const aliases = listOf(annotation(ingress, 'server-alias')) ?? [];
  const ruled = (ingress.spec.rules ?? []).flatMap(({ host = '*', http }) =>
    [host, ...aliases].flatMap((name) => (http?.paths ?? []).map((path) => ({ ingress, host: name, path }))),
  );
  const { defaultBackend: backend } = ingress.spec;
  if (!backend) return ruled;
  // No annotation touches the default backend.
  return [...ruled, { ingress: { ...ingress, annotations: {} }, host: '*', path: { path: '/', backend } }];
}

const samePlace = (a: Place, b: Place): boolean =>
  a.host === b.host && a.path.path === b.path.path && a.ingress.namespace === b.ingress.namespace;

const hostsOf = (ingress: Ingress): string[] => [...new Set(placesOf(ingress).map(({ host }) => host))];

function addServers(draft: Draft, ingress: Ingress): void {
  const { namespace } = ingress;
  const tls = ingress.spec.tls ?? [];
  const redirects = annotation(ingress, 'ssl-redirect') !== 'false';
  for (const host of hostsOf(ingress)) {
    const entry = tls.find(({ hosts = [] }) => hosts.includes(host));
    const httpsRedirect = isOn(ingress, 'force-ssl-redirect') || (entry !== undefined && redirects);
    draft.servers.push({ namespace, host, protocol: 'HTTP', httpsRedirect });
    if (entry?.secretName) draft.servers.push({ namespace, host, protocol: 'HTTPS', credentialName: entry.secretName });
    else if (entry) draft.leave(ingress, ['spec', 'tls'], 'the default certificate of ingress-nginx: name a Secret');
  }
}

function addRoutes(draft: Draft, { ingress, host, path }: Place, canary: Place | undefined): void {
  const { namespace } = ingress;
  const order = orderOf(path);
  const root = annotation(ingress, 'app-root');
  if (root && path.path === '/') {
    const http = { match: [{ uri: { exact: '/' } }], redirect: { uri: root, redirectCode: 302 } };
    draft.routes.push({ namespace, host, order: [0, -1], http });
  }
  const redirect = redirectOf(ingress);
  const match = matchesOf(ingress, path);
  if (redirect) return void draft.routes.push({ namespace, host, order, http: { match, redirect } });
  const route = destinationsOf(draft, ingress, path.backend);
  if (!route) return;
  const rewrite = rewriteOf(ingress, path);
  const corsPolicy = corsOf(ingress);
  const main: HttpRouteSpec = { match, ...(rewrite && { rewrite }), route, ...(corsPolicy && { corsPolicy }) };
  const others = canary && destinationsOf(draft, canary.ingress, canary.path.backend);
  const routes = others ? canaryRoutes(main, canary.ingress, others) : [main];
  for (const [index, http] of routes.entries()) draft.routes.push({ namespace, host, order: [...order, index], http });
}

function destinationsOf(draft: Draft, ingress: Ingress, backend: IngressBackend = {}): HttpRouteSpec['route'] {
  const { name = '', port } = backend.service ?? {};
  const destination = name ? draft.destination(ingress.namespace, name, port) : undefined;
  if (!destination) {
    draft.leave(
      ingress,
      ['spec', 'rules'],
      `the backend ${name}: only a Service whose port number is known can be one`,
    );
    return undefined;
  }
  addDestinationRule(draft, ingress, destination.host);
  return [{ destination }];
}

function addPolicies(draft: Draft, ingress: Ingress): void {
  const hosts = hostsOf(ingress);
  const { namespace } = ingress;
  const name = (what: string) => `${ingress.namespace}-${ingress.name}-${what}`;
  const paths = placesOf(ingress).map(({ path }) => path.path ?? '/');
  const prefixes = paths.includes('/') ? [] : [...new Set(paths)];
  const allowed = listOf(annotation(ingress, 'whitelist-source-range'));
  const denied = listOf(annotation(ingress, 'denylist-source-range'));
  if (allowed) draft.add(addressPolicy({ name: name('allowed'), hosts, prefixes, blocks: allowed, kind: 'only' }));
  if (denied) draft.add(addressPolicy({ name: name('denied'), hosts, prefixes, blocks: denied, kind: 'refuse' }));
  for (const [key, unit] of [
    ['limit-rps', 'second'],
    ['limit-rpm', 'minute'],
  ] as const) {
    const requests = Number(annotation(ingress, key) ?? 0);
    if (requests > 0)
      draft.add(addressLimit({ name: `${ingress.name}-${key}`, namespace, hosts, prefixes, requests, unit }));
  }
}

function leaveUnknown(draft: Draft, ingress: Ingress): void {
  for (const key of Object.keys(ingress.annotations)) {
    if (!key.startsWith(PREFIX) || CARRIED.has(key.slice(PREFIX.length))) continue;
    draft.leave(ingress, ['metadata', 'annotations', key], `${key}: there is nothing like it in Istio's API`);
  }
}
