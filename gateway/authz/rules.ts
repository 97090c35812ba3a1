/** A policy's rules folded into tests that read every attribute at most once a request. */
import type { Exchange } from '../exchange.ts';
import type { RbacRule, RbacTest } from '../snapshot.ts';
import { type Read, readerOf } from './attributes.ts';
import { valueTest } from './value-test.ts';

/** The texts of all attributes that one filter asks about, in this request; read when first asked for. */
export interface Cells {
  exchange: Exchange;
  texts: (readonly string[] | undefined)[];
}

/** The attributes of one filter, numbered. */
export class Attributes {
  readonly #numbers = new Map<string, number>();
  readonly #readers: Read[] = [];

  number(attribute: string): number {
    let number = this.#numbers.get(attribute);
    if (number === undefined) {
      number = this.#readers.push(readerOf(attribute)) - 1;
      this.#numbers.set(attribute, number);
    }
    return number;
  }

  cells(exchange: Exchange): Cells {
    return { exchange, texts: new Array(this.#readers.length) };
  }

  texts(cells: Cells, number: number): readonly string[] {
    const known = cells.texts[number];
    if (known) return known;
    const texts = this.#readers[number]!(cells.exchange);
    cells.texts[number] = texts;
    return texts;
  }
}

export type Predicate = (cells: Cells) => boolean;

/** True when some rule of the list holds; an empty list always does. */
export function anyRule(rules: readonly RbacRule[], attributes: Attributes): Predicate {
  if (rules.length === 0) return () => true;
  const folded = rules.map((rule) => allTests(rule, attributes));
  return folded.length === 1 ? folded[0]! : (cells) => folded.some((rule) => rule(cells));
}

/** True when every test of the rule holds. */
export function allTests(rule: RbacRule, attributes: Attributes): Predicate {
  const tests = rule.tests.map((test) => foldTest(test, attributes));
  return tests.length === 1 ? tests[0]! : (cells) => tests.every((test) => test(cells));
}

/** One line that has the value is enough, and one line that has a forbidden value is too many (captured). */
function foldTest(test: RbacTest, attributes: Attributes): Predicate {
  const number = attributes.number(test.attribute);
  const values = test.values.map(valueTest);
  const notValues = test.notValues.map(valueTest);
  return (cells) => {
    const texts = attributes.texts(cells, number);
    if (values.length > 0 && !texts.some((text) => values.some((value) => value(text)))) return false;
    return notValues.length === 0 || !texts.some((text) => notValues.some((value) => value(text)));
  };
}
