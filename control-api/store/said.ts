/** What the newest compilation says of each resource, and of which it says something else than when somebody last asked. */
import { editsOf } from '../compile/edits.ts';

interface Saying {
  /** As `describe` names it. */
  resource: string;
}

const NOTHING: readonly never[] = [];

export class Said<T extends Saying> {
  #list: readonly T[] = [];
  #byResource = new Map<string, T[]>();
  #changed: Set<string> | undefined = new Set();

  /** Takes the place of what was said before. */
  update(list: readonly T[]): void {
    const edits = editsOf(this.#list, list);
    this.#list = list;
    if (edits)
      this.#sayAgain(new Set(edits.flatMap(({ gone, come }) => [...gone, ...come]).map(({ resource }) => resource)));
    else {
      this.#byResource = Map.groupBy(list, ({ resource }) => resource);
      this.#changed = undefined;
    }
  }

  /** Those alone are grouped anew: with 100,000 resources most stay as they are. */
  #sayAgain(names: ReadonlySet<string>): void {
    if (names.size === 0) return;
    for (const name of names) this.#byResource.set(name, []);
    for (const one of this.#list) if (names.has(one.resource)) this.#byResource.get(one.resource)?.push(one);
    for (const name of names) this.#changed?.add(name);
  }

  of(resource: string): readonly T[] {
    return this.#byResource.get(resource) ?? NOTHING;
  }

  /** The resources of which something else is said than at the last call; undefined: of many. */
  takeChanged(): ReadonlySet<string> | undefined {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }
}
