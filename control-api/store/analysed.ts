/** One compilation of everything that is stored, with what it says about each object. */
import type { Finding } from '../analysis/finding.ts';
import { type Compiled, compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY, type Placement } from '../compile/processor.ts';
import { describe } from '../resources/resource.ts';
import type { Held, Inventory } from './inventory.ts';

export interface Analysed extends Compiled {
  findingsOf(held: Held): Finding[];
  placementsOf(held: Held): Placement[];
}

export function analysed(inventory: Inventory): Analysed {
  const compiled = compile({ resources: inventory.resources, mesh: {}, identity: INGRESS_GATEWAY });
  const findings = Map.groupBy(compiled.findings, (finding) => finding.resource);
  const placements = Map.groupBy(compiled.placements, (placement) => placement.resource);
  const nameOf = (held: Held) => (held.resource ? describe(held.resource) : '');
  return {
    ...compiled,
    findingsOf: (held) => findings.get(nameOf(held)) ?? [],
    placementsOf: (held) => placements.get(nameOf(held)) ?? [],
  };
}
