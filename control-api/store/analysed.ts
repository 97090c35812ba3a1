/** Compilations of everything that counts, one after another, with what the newest says about each object. */
import type { Finding } from '../analysis/finding.ts';
import { type Compiled, compile } from '../compile/compile.ts';
import { CompileMemo } from '../compile/memo.ts';
import { type CompileInput, INGRESS_GATEWAY, type Placement } from '../compile/processor.ts';
import { describe } from '../resources/resource.ts';
import { type Floor, laidOver } from './floor.ts';
import type { Held, Inventory } from './inventory.ts';
import { Said } from './said.ts';

export interface Analysed extends Compiled {
  input: CompileInput;
}

export class Analysis {
  readonly #inventory: Inventory;
  readonly #memo = new CompileMemo();
  readonly #findings = new Said<Finding>();
  readonly #placements = new Said<Placement>();

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
  }

  /** @param previous what is in error keeps what it had there */
  run(floor: Floor, modules: CompileInput['modules'], previous: CompileInput['previous']): Analysed {
    const resources = laidOver(this.#inventory.resources, floor.resources);
    const { mesh, certificates } = floor;
    const settings = { mesh, certificates, identity: INGRESS_GATEWAY, memo: this.#memo };
    const input = { ...settings, resources, ...(modules && { modules }), ...(previous && { previous }) };
    const compiled = compile(input);
    this.#findings.update(compiled.findings);
    this.#placements.update(compiled.placements);
    return { ...compiled, input };
  }

  findingsOf(held: Held): readonly Finding[] {
    return this.#findings.of(held.name);
  }

  placementsOf(held: Held): readonly Placement[] {
    return this.#placements.of(held.name);
  }

  /** Names of the objects of which something else is said than at the last call; undefined: any of them. */
  takeChanged(): ReadonlySet<string> | undefined {
    const [findings, placements] = [this.#findings.takeChanged(), this.#placements.takeChanged()];
    return findings && placements && new Set([...findings, ...placements]);
  }
}

/** As findings and placements name it; '' when the object could not be read. */
export const nameOf = (resource: Held['resource']): string => (resource ? describe(resource) : '');
