/** What a validator found, with the field each is about. Texts are Istio's own, as its webhook words them. */
import type { FieldPath } from '../../resources/resource.ts';

export interface Issue {
  level: 'error' | 'warning';
  message: string;
  path: FieldPath;
}

export class Issues {
  readonly found: Issue[];
  private readonly above: Issues | undefined;
  private readonly steps: FieldPath;

  constructor(found: Issue[] = [], above?: Issues, steps: FieldPath = ['spec']) {
    this.found = found;
    this.above = above;
    this.steps = steps;
  }

  /** The same list, one field further down. */
  at(...steps: FieldPath): Issues {
    return new Issues(this.found, this, steps);
  }

  /** Written out for an issue only: validators go to far more fields than they complain of. */
  private get path(): FieldPath {
    return this.above ? [...this.above.path, ...this.steps] : this.steps;
  }

  /** Visits every item of the list at `path`, each with its own place. */
  each<T>(path: FieldPath, items: readonly T[] | undefined, visit: (item: T, at: Issues, index: number) => void): void {
    items?.forEach((item, index) => {
      visit(item, this.at(...path, index), index);
    });
  }

  error(message: string): void {
    this.found.push({ level: 'error', message, path: this.path });
  }

  warn(message: string): void {
    this.found.push({ level: 'warning', message, path: this.path });
  }

  /** Reports each text that is not undefined. */
  check(...problems: (string | undefined)[]): void {
    for (const problem of problems) if (problem !== undefined) this.error(problem);
  }
}
