/** What routes ask of services and destination rules, and the answers: the routes hold as long as these would be the same. */
import type { MergedRule } from './destination-rules.ts';
import { sameItems } from './memo.ts';
import type { Draft } from './processor.ts';
import type { Service } from './services.ts';

type Source = Pick<Draft, 'services' | 'destinationRules'>;

export class Answers {
  readonly services: [host: string, answer: Service | undefined][] = [];
  readonly rules: [service: Service, sources: readonly unknown[]][] = [];

  /** Whether `source` would answer everything that was asked the same. */
  holdIn({ services, destinationRules }: Source): boolean {
    for (const [host, answer] of this.services) if (services.lookup(host) !== answer) return false;
    for (const [service, sources] of this.rules)
      if (!sameItems(sourcesOf(destinationRules.forService(service)), sources)) return false;
    return true;
  }
}

/** Asks, and keeps the answers apart from the source, which is of one compilation only. */
export class Lookups {
  readonly answers = new Answers();
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  service(host: string): Service | undefined {
    const answer = this.#source.services.lookup(host);
    this.answers.services.push([host, answer]);
    return answer;
  }

  rule(service: Service): MergedRule | undefined {
    const answer = this.#source.destinationRules.forService(service);
    this.answers.rules.push([service, sourcesOf(answer)]);
    return answer;
  }
}

const NONE: readonly unknown[] = [];
const sourcesOf = (rule: MergedRule | undefined): readonly unknown[] => rule?.sources ?? NONE;
