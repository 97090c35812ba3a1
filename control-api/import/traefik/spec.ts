/** The fields of Traefik's objects that are read (Traefik docs: Kubernetes CRD). */

export const TRAEFIK = /^traefik\.(io|containo\.us)\//;

export interface ServiceReference {
  kind?: 'Service' | 'TraefikService';
  name: string;
  namespace?: string;
  port?: number | string;
  weight?: number;
}

export interface TraefikServiceSpec {
  weighted?: { services?: ServiceReference[] };
  mirroring?: ServiceReference & { mirrors?: (ServiceReference & { percent?: number })[] };
}

export interface IngressRouteSpec {
  entryPoints?: string[];
  routes?: {
    match?: string;
    priority?: number;
    middlewares?: { name: string; namespace?: string }[];
    services?: ServiceReference[];
  }[];
  tls?: { secretName?: string; options?: object; certResolver?: string };
}

export interface HeadersMiddleware {
  customRequestHeaders?: Record<string, string>;
  customResponseHeaders?: Record<string, string>;
  accessControlAllowOriginList?: string[];
  accessControlAllowMethods?: string[];
  accessControlAllowHeaders?: string[];
  accessControlExposeHeaders?: string[];
  accessControlAllowCredentials?: boolean;
  accessControlMaxAge?: number;
  stsSeconds?: number;
  stsIncludeSubdomains?: boolean;
  frameDeny?: boolean;
  contentTypeNosniff?: boolean;
  contentSecurityPolicy?: string;
  referrerPolicy?: string;
}

export interface MiddlewareSpec {
  addPrefix?: { prefix: string };
  stripPrefix?: { prefixes: string[] };
  replacePath?: { path: string };
  replacePathRegex?: { regex: string; replacement: string };
  redirectScheme?: { scheme: string; port?: string; permanent?: boolean };
  headers?: HeadersMiddleware;
  ipAllowList?: { sourceRange: string[] };
  ipWhiteList?: { sourceRange: string[] };
  rateLimit?: { average?: number; period?: string };
  retry?: { attempts: number };
  chain?: { middlewares: { name: string; namespace?: string }[] };
}
