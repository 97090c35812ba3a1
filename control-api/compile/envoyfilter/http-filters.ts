/** HTTP_FILTER patches: inserts into Istio's chain, merges into inserted filters, removals. */
import type { HttpFilter, Listener } from '../../../gateway/snapshot.ts';
import type { Draft } from '../processor.ts';
import { currentName, HTTP_CONNECTION_MANAGER, type OwnFilter, ownChain, ROUTER } from './filter-names.ts';
import { httpFilterConfig } from './http-filter-config.ts';
import { listenerMatches } from './listener-match.ts';
import { mergeFilter } from './merge-message.ts';
import { EnvoyRejects, isJson, type Json } from './message.ts';
import { type Patch, report } from './patches.ts';
import type { Runtime } from './values.ts';

/** A place in the chain: one of Istio's own filters, or what a patch put there. */
type Link = { own: OwnFilter } | { name: string; value: Json; patch: Patch };

/** What is left of a chain when all patches are applied. */
export interface PatchedChain {
  inserted: HttpFilter[];
  /** Istio's own filters that a patch removed, by name. */
  removed: Set<string>;
}

/**
 * Applies the patches to one listener's chain: what is put in or taken out, in the patches' order, and only then what is merged.
 * Reports what cannot be carried out; the rest goes on.
 */
export function patchHttpFilters(
  listener: Listener,
  patches: readonly Patch[],
  runtime: Runtime,
  draft: Draft,
): PatchedChain {
  const chain: Link[] = ownChain(listener).map((own) => ({ own }));
  const ours = patches.filter((patch) => matchesListener(patch, listener, draft));
  for (const patch of ours) if (patch.operation !== 'MERGE') applyPatch(chain, patch, draft);
  for (const patch of ours) if (patch.operation === 'MERGE') merge(chain, patch, draft);
  return { inserted: insertedFilters(chain, runtime, draft), removed: removedFilters(listener, chain) };
}

function matchesListener(patch: Patch, listener: Listener, draft: Draft): boolean {
  const filter = patch.match.listener?.filterChain?.filter?.name;
  if (filter && currentName(filter) !== HTTP_CONNECTION_MANAGER) return false;
  return listenerMatches(patch, listener, draft);
}

const nameOf = (link: Link): string => ('own' in link ? link.own.name : link.name);

function applyPatch(chain: Link[], patch: Patch, draft: Draft): void {
  const { operation } = patch;
  const wanted = wantedFilter(patch);
  const at = wanted === undefined ? -1 : chain.findIndex((link) => currentName(nameOf(link)) === wanted);
  const link: Link = { name: String(patch.value.name ?? ''), value: patch.value, patch };
  if (operation === 'INSERT_FIRST') chain.unshift(link);
  else if (operation === 'ADD') chain.push(link);
  else if (wanted !== undefined && at < 0) noFilter(wanted, patch, draft);
  else if (operation === 'INSERT_BEFORE') chain.splice(Math.max(0, at), 0, link);
  else if (operation === 'INSERT_AFTER') chain.splice(at < 0 ? chain.length : at + 1, 0, link);
  else if (wanted === undefined) report(draft, patch, 'EnvoyFilterNoMatch', { what: `${operation} needs a subFilter` });
  else if (wanted === ROUTER)
    report(draft, patch, 'EnvoyRejectsPatch', { error: 'the router must be the last filter' });
  else if (operation === 'REPLACE') chain[at] = link;
  else if (operation === 'REMOVE') remove(chain, wanted);
  else report(draft, patch, 'EnvoyFilterNoMatch', { what: `Istio carries out no ${operation} of HTTP filters` });
}

/** The name of today of the filter that a patch stands at. */
function wantedFilter({ match }: Patch): string | undefined {
  const name = match.listener?.filterChain?.filter?.subFilter?.name;
  return name ? currentName(name) : undefined;
}

function noFilter(name: string, patch: Patch, draft: Draft): void {
  report(draft, patch, 'EnvoyFilterNoMatch', { what: `the filter ${name} is not in the chain` });
}

/** Every filter of that name. */
function remove(chain: Link[], wanted: string): void {
  chain.splice(0, chain.length, ...chain.filter((link) => currentName(nameOf(link)) !== wanted));
}

/** Only into what a patch brought; Istio's own filters have fields of their own. */
function merge(chain: Link[], patch: Patch, draft: Draft): void {
  const wanted = wantedFilter(patch);
  const found = [...chain.entries()].filter(([, link]) => wanted === undefined || currentName(nameOf(link)) === wanted);
  if (found.length === 0) noFilter(String(wanted), patch, draft);
  for (const [at, link] of found) {
    if ('own' in link) {
      const what = `MERGE of ${wanted ? link.own.name : 'an HTTP filter without subFilter'}`;
      report(draft, patch, 'EnvoyFilterNotUnderstood', { what });
      return;
    }
    try {
      const value = mergeFilter(link.value, patch.value);
      chain[at] = { ...link, name: String(value.name ?? link.name), value };
    } catch (error) {
      if (!(error instanceof EnvoyRejects)) throw error;
      report(draft, patch, 'EnvoyRejectsPatch', { error: error.message });
    }
  }
}

function removedFilters(listener: Listener, chain: readonly Link[]): Set<string> {
  const left = new Set(chain.flatMap((link) => ('own' in link ? [link.own.name] : [])));
  return new Set(ownChain(listener).flatMap(({ name }) => (left.has(name) ? [] : [name])));
}

function insertedFilters(chain: readonly Link[], runtime: Runtime, draft: Draft): HttpFilter[] {
  return chain.flatMap((link, index) => {
    if ('own' in link) return [];
    const next = chain.slice(index).find((later): later is { own: OwnFilter } => 'own' in later);
    if (!next) {
      const error = 'terminal filter named envoy.filters.http.router must be the last filter in a http filter chain';
      report(draft, link.patch, 'EnvoyRejectsPatch', { error });
      return [];
    }
    const config = configOf(link, runtime, draft);
    return config ? [{ phase: next.own.slot, config }] : [];
  });
}

function configOf({ name, value, patch }: Extract<Link, { patch: Patch }>, runtime: Runtime, draft: Draft) {
  const typed = value.typed_config ?? value.typedConfig;
  if (!isJson(typed)) {
    report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `the HTTP filter ${name} without typed_config` });
    return undefined;
  }
  try {
    const parsed = httpFilterConfig(name, typed, runtime);
    if (!parsed)
      report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `the HTTP filter ${name} (${String(typed['@type'])})` });
    for (const field of parsed?.unread ?? [])
      report(draft, patch, 'EnvoyFilterFieldIgnored', { field: `${name}: ${field}` });
    return parsed?.config;
  } catch (error) {
    if (!(error instanceof EnvoyRejects)) throw error;
    report(draft, patch, 'EnvoyRejectsPatch', { error: error.message });
    return undefined;
  }
}
