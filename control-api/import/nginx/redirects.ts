/** Redirects and CORS of one Ingress. */
import type { CorsSpec, RedirectSpec } from '../../compile/spec.ts';
import { annotation, type Ingress, isOn, listOf } from './annotations.ts';

/** Instead of any backend; ingress-nginx gives the URL as it is written. */
export function redirectOf(ingress: Ingress): RedirectSpec | undefined {
  for (const [name, status] of [
    ['permanent-redirect', 301],
    ['temporal-redirect', 302],
  ] as const) {
    const target = annotation(ingress, name);
    if (target === undefined || !URL.canParse(target)) continue;
    const { protocol, host, pathname, search } = new URL(target);
    const redirectCode = Number(annotation(ingress, `${name}-code`) ?? status);
    return { scheme: protocol.slice(0, -1), authority: host, uri: pathname + search, redirectCode };
  }
  return undefined;
}

/** ingress-nginx's own values where none are given. */
const METHODS = 'GET, PUT, POST, DELETE, PATCH, OPTIONS';
const HEADERS =
  'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization';
const MAX_AGE = '1728000';

export function corsOf(ingress: Ingress): CorsSpec | undefined {
  if (!isOn(ingress, 'enable-cors')) return undefined;
  const list = (name: string, fallback?: string) => listOf(annotation(ingress, name) ?? fallback);
  const exposeHeaders = list('cors-expose-headers');
  return {
    allowOrigins: list('cors-allow-origin', '*')!.map(originOf),
    allowMethods: list('cors-allow-methods', METHODS)!,
    allowHeaders: list('cors-allow-headers', HEADERS)!,
    ...(exposeHeaders && { exposeHeaders }),
    allowCredentials: annotation(ingress, 'cors-allow-credentials') !== 'false',
    maxAge: `${annotation(ingress, 'cors-max-age') ?? MAX_AGE}s`,
  };
}

/** `*`, `https://*.example.com`, `https://example.com` */
function originOf(origin: string): { exact: string } | { regex: string } {
  if (origin === '*') return { regex: '.*' };
  if (!origin.includes('*')) return { exact: origin };
  return { regex: origin.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace('*', '[^.]+') };
}
