/** HTTP_FILTER patches: inserts into Istio's chain, merges into inserted filters, removals. */
import type { HttpFilter, Listener } from '../../../gateway/snapshot.ts';
import type { Draft } from '../processor.ts';
import { currentName, HTTP_CONNECTION_MANAGER, type OwnFilter, ownChain } from './filter-names.ts';
import { httpFilterConfig } from './http-filter-config.ts';
import { listenerMatches } from './listener-match.ts';
import { EnvoyRejects, isJson, type Json, mergeJson } from './message.ts';
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

/** Applies the patches to one listener's chain. Reports what cannot be carried out; the rest goes on. */
export function patchHttpFilters(
  listener: Listener,
  patches: readonly Patch[],
  runtime: Runtime,
  draft: Draft,
): PatchedChain {
  const chain: Link[] = ownChain(listener).map((own) => ({ own }));
  for (const patch of patches) {
    if (matchesListener(patch, listener)) applyPatch(chain, patch, draft);
  }
  return { inserted: insertedFilters(chain, runtime, draft), removed: removedFilters(listener, chain) };
}

function matchesListener({ match }: Patch, listener: Listener): boolean {
  const filter = match.listener?.filterChain?.filter?.name;
  return listenerMatches(match, listener) && (!filter || currentName(filter) === HTTP_CONNECTION_MANAGER);
}

const nameOf = (link: Link): string => ('own' in link ? link.own.name : link.name);

function applyPatch(chain: Link[], patch: Patch, draft: Draft): void {
  const wanted = patch.match.listener?.filterChain?.filter?.subFilter?.name;
  const at = wanted ? chain.findIndex((link) => currentName(nameOf(link)) === currentName(wanted)) : -1;
  if (wanted && at < 0 && patch.operation !== 'ADD' && patch.operation !== 'INSERT_FIRST') {
    report(draft, patch, 'EnvoyFilterNoMatch', { what: `the filter ${wanted} is not in the chain` });
    return;
  }
  const link: Link = { name: String(patch.value.name ?? ''), value: patch.value, patch };
  switch (patch.operation) {
    case 'INSERT_FIRST':
      chain.unshift(link);
      return;
    case 'INSERT_BEFORE':
      chain.splice(Math.max(0, at), 0, link);
      return;
    case 'INSERT_AFTER':
      chain.splice(at < 0 ? chain.length : at + 1, 0, link);
      return;
    case 'ADD':
      chain.push(link);
      return;
    case 'REMOVE':
      remove(chain, at, patch, draft);
      return;
    default:
      change(chain, at, patch, draft);
  }
}

function remove(chain: Link[], at: number, patch: Patch, draft: Draft): void {
  if (at < 0) report(draft, patch, 'EnvoyFilterNotUnderstood', { what: 'REMOVE without a subFilter' });
  else chain.splice(at, 1);
}

/** MERGE, MERGE_AND_REPLACE_LIST and REPLACE: only of what a patch brought; Istio's own filters have fields of their own. */
function change(chain: Link[], at: number, patch: Patch, draft: Draft): void {
  const link = chain[at];
  if (!link || 'own' in link) {
    const what = `${patch.operation} of ${link ? link.own.name : 'an HTTP filter without subFilter'}`;
    report(draft, patch, 'EnvoyFilterNotUnderstood', { what });
    return;
  }
  const lists = patch.operation === 'MERGE_AND_REPLACE_LIST' ? 'replace' : 'append';
  const value = patch.operation === 'REPLACE' ? patch.value : mergeJson(link.value, patch.value, lists);
  chain[at] = { ...link, name: String(value.name ?? link.name), value };
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
