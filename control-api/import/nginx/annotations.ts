/** ingress-nginx's annotations, without their prefix (docs: user-guide/nginx-configuration/annotations). */
import type { Source } from '../source.ts';

export const PREFIX = 'nginx.ingress.kubernetes.io/';

export interface IngressPath {
  path?: string;
  pathType?: string;
  backend?: IngressBackend;
}
export interface IngressBackend {
  service?: { name?: string; port?: { number?: number; name?: string } };
}
export interface IngressSpec {
  ingressClassName?: string;
  defaultBackend?: IngressBackend;
  tls?: { hosts?: string[]; secretName?: string }[];
  rules?: { host?: string; http?: { paths?: IngressPath[] } }[];
}
export type Ingress = Source<IngressSpec>;

/** The value of an annotation, by its name without the prefix; '' counts as absent. */
export function annotation(ingress: Ingress, name: string): string | undefined {
  return ingress.annotations[PREFIX + name] || undefined;
}

export const isOn = (ingress: Ingress, name: string): boolean => annotation(ingress, name) === 'true';

/** `10.0.0.0/8, 192.0.2.1` */
export const listOf = (text: string | undefined): string[] | undefined =>
  text
    ?.split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** What the importer reads; every other one is told to be left behind. */
export const CARRIED = new Set([
  'affinity',
  'app-root',
  'backend-protocol',
  'canary',
  'canary-by-cookie',
  'canary-by-header',
  'canary-by-header-pattern',
  'canary-by-header-value',
  'canary-weight',
  'canary-weight-total',
  'cors-allow-credentials',
  'cors-allow-headers',
  'cors-allow-methods',
  'cors-allow-origin',
  'cors-expose-headers',
  'cors-max-age',
  'denylist-source-range',
  'enable-cors',
  'force-ssl-redirect',
  'limit-rpm',
  'limit-rps',
  'permanent-redirect',
  'permanent-redirect-code',
  'rewrite-target',
  'server-alias',
  'session-cookie-max-age',
  'session-cookie-name',
  'session-cookie-path',
  'ssl-redirect',
  'temporal-redirect',
  'temporal-redirect-code',
  'upstream-hash-by',
  'upstream-vhost',
  'use-regex',
  'whitelist-source-range',
]);
