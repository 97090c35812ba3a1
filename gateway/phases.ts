/**
 * THE table: every phase in Istio's order, with its reason and the function that folds it. Folding happens once for
 * each Snapshot and route; a phase that has nothing to do on a route gives no step and costs nothing there.
 */
import { foldJwt } from './authn/phase.ts';
import { foldExtAuthz } from './authz/ext-authz.ts';
import { foldRbac } from './authz/phase.ts';
import type { Exchange, LocalReply, Verdict } from './exchange.ts';
import type { PhaseName } from './phase-names.ts';
import { foldInserted } from './ratelimit/phase.ts';
import { foldRouter } from './route/router.ts';
import type { HttpFilter, Listener, Route, Snapshot, VirtualHost } from './snapshot.ts';
import { corsPhase } from './traffic/cors.ts';
import { faultPhase } from './traffic/fault.ts';
import { foldWasm } from './wasm/step.ts';

/** What a phase may look at when it folds. `filters` are this phase's entries of Listener.httpFilters, in order. */
export interface RouteScope {
  snapshot: Snapshot;
  listener: Listener;
  virtualHost: VirtualHost | undefined;
  route: Route | undefined;
  filters: readonly HttpFilter[];
}

/** Synchronous where it can be: only a step that truly waits returns a promise. */
export interface Step {
  request?(exchange: Exchange): Verdict | Promise<Verdict>;
  /** A reply from here replaces the answer and goes straight out: the steps before are not told (sendDirectLocalReply). */
  response?(exchange: Exchange): LocalReply | undefined | void | Promise<LocalReply | undefined> | Promise<void>;
}

export interface Phase {
  name: PhaseName;
  /** Why it stands where it stands. */
  reason: string;
  fold(scope: RouteScope): Step[];
}

/** In the order of phase-names.ts; a phase is added by one entry here. */
export const PHASE_TABLE: readonly Phase[] = [
  {
    name: 'envoyfilter-first',
    reason:
      'EnvoyFilter INSERT_FIRST, and INSERT_BEFORE without a subFilter, stand before authentication (as captured).',
    fold: foldInserted,
  },
  {
    name: 'ext-authz',
    reason: 'Istio asks CUSTOM authorisers before anything is known about tokens.',
    fold: foldExtAuthz,
  },
  {
    name: 'wasm-authn',
    reason: 'WasmPlugin phase AUTHN: may set the token that JWT then looks at.',
    fold: foldWasm,
  },
  { name: 'envoyfilter-before-jwt', reason: 'EnvoyFilter INSERT_BEFORE jwt_authn.', fold: foldInserted },
  {
    name: 'jwt',
    reason: 'Before everything that asks who somebody is; a bad token is refused even where no route is.',
    fold: foldJwt,
  },
  { name: 'envoyfilter-after-jwt', reason: 'EnvoyFilter INSERT_AFTER jwt_authn.', fold: foldInserted },
  {
    name: 'wasm-authz',
    reason: 'WasmPlugin phase AUTHZ: knows the claims, decides before the policies.',
    fold: foldWasm,
  },
  {
    name: 'rbac-audit',
    reason: 'Before the refusals, so that the audit log names refused requests too.',
    fold: foldRbac,
  },
  { name: 'rbac-deny', reason: 'A DENY counts whatever else would allow.', fold: foldRbac },
  { name: 'rbac-allow', reason: 'What no DENY refused must still be allowed, where anything is.', fold: foldRbac },
  { name: 'envoyfilter-after-rbac', reason: 'EnvoyFilter inserts behind rbac or before fault.', fold: foldInserted },
  { name: 'wasm-stats', reason: 'WasmPlugin phase STATS: counts what was let in.', fold: foldWasm },
  {
    name: 'wasm',
    reason: 'WasmPlugin without a phase: only what was let in, before faults are injected.',
    fold: foldWasm,
  },
  faultPhase,
  { name: 'envoyfilter-after-fault', reason: 'EnvoyFilter inserts between fault and cors.', fold: foldInserted },
  corsPhase,
  {
    name: 'envoyfilter-last',
    reason:
      'EnvoyFilter inserts before the router: rate limits see what authentication found, and spare what it refused.',
    fold: foldInserted,
  },
  {
    name: 'router',
    reason: 'Last, because it answers: everything before may still refuse or change the request.',
    fold: foldRouter,
  },
];
