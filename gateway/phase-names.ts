/**
 * The steps of a request's way, in Istio's order. This array is the only place where the order is written: the compiler
 * sorts filters by it, phases.ts gives each its reason and its code, explain and the docs print it.
 */
export const PHASES = [
  'envoyfilter-first',
  'ext-authz',
  'wasm-authn',
  'envoyfilter-before-jwt',
  'jwt',
  'envoyfilter-after-jwt',
  'wasm-authz',
  'rbac-audit',
  'rbac-deny',
  'rbac-allow',
  'envoyfilter-after-rbac',
  'wasm-stats',
  'wasm',
  'fault',
  'envoyfilter-after-fault',
  'cors',
  'envoyfilter-last',
  'router',
] as const;

export type PhaseName = (typeof PHASES)[number];
