/** Traefik's headers middleware: header operations and CORS. */
import type { CorsSpec, HeaderOperationsSpec, HttpRouteSpec } from '../../compile/spec.ts';
import type { HeadersMiddleware } from './spec.ts';

export function headersOf(spec: HeadersMiddleware): Pick<HttpRouteSpec, 'headers' | 'corsPolicy'> {
  const request = operations(spec.customRequestHeaders ?? {});
  const response = operations({ ...security(spec), ...spec.customResponseHeaders });
  const corsPolicy = corsOf(spec);
  return {
    ...((request ?? response) && { headers: { ...(request && { request }), ...(response && { response }) } }),
    ...(corsPolicy && { corsPolicy }),
  };
}

/** An empty value removes the header. */
function operations(headers: Record<string, string>): HeaderOperationsSpec | undefined {
  const entries = Object.entries(headers);
  const set = entries.filter(([, value]) => value !== '');
  const remove = entries.filter(([, value]) => value === '').map(([name]) => name);
  if (entries.length === 0) return undefined;
  return { ...(set.length > 0 && { set: Object.fromEntries(set) }), ...(remove.length > 0 && { remove }) };
}

function security(spec: HeadersMiddleware): Record<string, string> {
  const subdomains = spec.stsIncludeSubdomains ? '; includeSubDomains' : '';
  return {
    ...(spec.stsSeconds && { 'Strict-Transport-Security': `max-age=${spec.stsSeconds}${subdomains}` }),
    ...(spec.frameDeny && { 'X-Frame-Options': 'DENY' }),
    ...(spec.contentTypeNosniff && { 'X-Content-Type-Options': 'nosniff' }),
    ...(spec.contentSecurityPolicy && { 'Content-Security-Policy': spec.contentSecurityPolicy }),
    ...(spec.referrerPolicy && { 'Referrer-Policy': spec.referrerPolicy }),
  };
}

function corsOf(spec: HeadersMiddleware): CorsSpec | undefined {
  const { accessControlAllowOriginList: origins, accessControlAllowMethods, accessControlAllowHeaders } = spec;
  const { accessControlExposeHeaders, accessControlAllowCredentials, accessControlMaxAge } = spec;
  if (!origins) return undefined;
  return {
    allowOrigins: origins.map((origin) => (origin === '*' ? { regex: '.*' } : { exact: origin })),
    ...(accessControlAllowMethods && { allowMethods: accessControlAllowMethods }),
    ...(accessControlAllowHeaders && { allowHeaders: accessControlAllowHeaders }),
    ...(accessControlExposeHeaders && { exposeHeaders: accessControlExposeHeaders }),
    ...(accessControlAllowCredentials && { allowCredentials: true }),
    ...(accessControlMaxAge && { maxAge: `${accessControlMaxAge}s` }),
  };
}
