/** Adds HTTP filters to listeners, each in its place on the request's way. */
import { PHASES } from '../../gateway/phase-names.ts';
import type { HttpFilter, Listener } from '../../gateway/snapshot.ts';
import type { Draft } from './processor.ts';

/** To every listener, or those that `takes` says; within a phase the order in which they are added stays. */
export function addHttpFilters(
  draft: Draft,
  filters: readonly HttpFilter[],
  takes: (listener: Listener) => boolean = () => true,
): void {
  if (filters.length === 0) return;
  for (const listener of draft.snapshot.listeners.filter(takes)) {
    listener.httpFilters = [...listener.httpFilters, ...filters].sort((a, b) => place(a) - place(b));
  }
}

const place = ({ phase }: HttpFilter): number => PHASES.indexOf(phase);
