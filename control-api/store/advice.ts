/** What the analysers say of everything that was compiled. It is for people, so it waits until the writes have ended. */
import { analysing } from '../analysis/analyse.ts';
import type { Finding } from '../analysis/finding.ts';
import type { Analysed } from './analysed.ts';

const ANALYSE_AFTER_MS = 300;
/** Analysis takes some 20 ms for 1,000 objects, so that many of them are looked at less often. */
const ANALYSED_PER_MS = 50;
const NOTHING: readonly Finding[] = [];

export class Advice {
  readonly #changed: (resources: readonly string[]) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #newest: Analysed | undefined;
  #byResource: ReadonlyMap<string, Finding[]> = new Map();

  /** @param changed is called when there is new advice, with the resources that have some or had */
  constructor(changed: (resources: readonly string[]) => void) {
    this.#changed = changed;
  }

  /** Looks at `compiled` soon, unless something newer comes before. */
  seek(compiled: Analysed, objects: number): void {
    this.#newest = compiled;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#analyse(compiled), ANALYSE_AFTER_MS + objects / ANALYSED_PER_MS);
  }

  /** @param resource as `describe` names it */
  of(resource: string): readonly Finding[] {
    return this.#byResource.get(resource) ?? NOTHING;
  }

  all(): Finding[] {
    return [...this.#byResource.values()].flat();
  }

  /** One analyser after another, with calls in between; a newer compilation begins anew. */
  async #analyse(compiled: Analysed): Promise<void> {
    const findings: Finding[] = [];
    for (const found of analysing({ input: compiled.input, compiled })) {
      for (const finding of found) findings.push(finding);
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (this.#newest !== compiled) return;
    }
    const before = this.#byResource;
    this.#byResource = Map.groupBy(findings, (finding) => finding.resource);
    this.#changed([...before.keys(), ...this.#byResource.keys()]);
  }
}
