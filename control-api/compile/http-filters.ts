/** Adds HTTP filters to listeners, each in its place on the request's way. */
import { PHASES } from '../../gateway/phase-names.ts';
import type { HttpFilter } from '../../gateway/snapshot.ts';
import type { Draft } from './processor.ts';

/** To every listener; within a phase the order in which they are added stays. */
export function addHttpFilters(draft: Draft, filters: readonly HttpFilter[]): void {
  if (filters.length === 0) return;
  for (const listener of draft.snapshot.listeners) {
    listener.httpFilters = [...listener.httpFilters, ...filters].sort((a, b) => place(a) - place(b));
  }
}

const place = ({ phase }: HttpFilter): number => PHASES.indexOf(phase);
