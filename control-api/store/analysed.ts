/** One compilation of everything that counts, with what it says about each object. */
import type { Finding } from '../analysis/finding.ts';
import { type Compiled, compile } from '../compile/compile.ts';
import { type CompileInput, INGRESS_GATEWAY, type Placement } from '../compile/processor.ts';
import { describe } from '../resources/resource.ts';
import { type Floor, laidOver } from './floor.ts';
import type { Held, Inventory } from './inventory.ts';

export interface Analysed extends Compiled {
  input: CompileInput;
  findingsOf(held: Held): readonly Finding[];
  placementsOf(held: Held): readonly Placement[];
}

/** @param kept what is the same for every compilation, and `previous`: what is in error keeps what it had there. */
export function analysed(
  inventory: Inventory,
  floor: Floor,
  { previous, ...kept }: Pick<CompileInput, 'modules' | 'memo'> & { previous: CompileInput['previous'] | undefined },
): Analysed {
  const resources = laidOver(inventory.resources, floor.resources);
  const input = { resources, mesh: floor.mesh, identity: INGRESS_GATEWAY, ...kept, ...(previous && { previous }) };
  const compiled = compile(input);
  const findings = Map.groupBy(compiled.findings, (finding) => finding.resource);
  const placements = Map.groupBy(compiled.placements, (placement) => placement.resource);
  return {
    ...compiled,
    input,
    findingsOf: (held) => findings.get(held.name) ?? NOTHING,
    placementsOf: (held) => placements.get(held.name) ?? NOTHING,
  };
}

const NOTHING: readonly never[] = [];

/** As findings and placements name it; '' when the object could not be read. */
export const nameOf = (resource: Held['resource']): string => (resource ? describe(resource) : '');
