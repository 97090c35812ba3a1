/**
 * What the server did, as the unselective watches told it: the counter of resourceVersions is one for all kinds, so together they
 * must have every number once. What every other watch should have seen follows from it.
 */

/** An event as a watch told it. */
export interface Told {
  version: number;
  type: string;
  resource: string;
  namespace: string;
  name: string;
  labels: Labels;
}

export type Labels = Readonly<Record<string, string>>;

interface Change extends Omit<Told, 'type' | 'labels'> {
  before: Labels | undefined;
  after: Labels | undefined;
}

/** Which changes a watch is told of. */
export interface Scope {
  /** `virtualservices` */
  resource: string;
  /** '' = all. */
  namespace: string;
  selects(labels: Labels, name: string): boolean;
}

export class Ledger {
  readonly problems: string[] = [];
  readonly #changes: (Change | undefined)[] = [];
  readonly #labels = new Map<string, Labels>();
  #first: number;

  /** @param version the newest one before the first watch begins */
  constructor(version: number) {
    this.#first = version + 1;
    this.head = version;
  }

  /** All up to this one are known. */
  head: number;

  /** An object that was there before the first watch. */
  known({ resource, namespace, name, labels }: Omit<Told, 'version' | 'type'>): void {
    this.#labels.set(`${resource}/${namespace}/${name}`, labels);
  }

  learn({ labels, type, ...told }: Told): void {
    const key = `${told.resource}/${told.namespace}/${told.name}`;
    const before = this.#labels.get(key);
    const after = type === 'DELETED' ? undefined : labels;
    if (this.#changes[told.version - this.#first]) this.fail(`${told.version} was told twice (${key})`);
    if ((type === 'ADDED') !== (before === undefined)) this.fail(`${type} of ${key} at ${told.version}`);
    this.#changes[told.version - this.#first] = { ...told, before, after };
    if (after) this.#labels.set(key, after);
    else this.#labels.delete(key);
    while (this.#changes[this.head + 1 - this.#first]) this.head++;
  }

  /** Numbers above `head` are known though it is not: something was never told. */
  get isWaiting(): boolean {
    return this.#changes.length > this.head + 1 - this.#first;
  }

  /** What a watch of `scope` is told after `from` up to `to`: `version type namespace/name`. */
  *expected(scope: Scope, from: number, to: number): Generator<string> {
    for (let version = Math.max(from + 1, this.#first); version <= to; version++) {
      const change = this.#changes[version - this.#first];
      const type = change && typeFor(scope, change);
      if (type) yield `${version} ${type} ${change.namespace}/${change.name}`;
    }
  }

  fail(problem: string): void {
    this.problems.push(problem);
    console.log(JSON.stringify({ at: new Date().toISOString(), problem: problem.slice(0, 500) }));
  }
}

/** What starts to match is added for this watch, and what stops is deleted, as in Kubernetes. */
function typeFor(scope: Scope, change: Change): string | undefined {
  if (change.resource !== scope.resource) return undefined;
  if (scope.namespace !== '' && scope.namespace !== change.namespace) return undefined;
  const before = change.before !== undefined && scope.selects(change.before, change.name);
  const after = change.after !== undefined && scope.selects(change.after, change.name);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}
