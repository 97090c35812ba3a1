/** The filter of an access log: a CEL expression over the attributes of the finished request. */
import { parse } from '@marcbachmann/cel-js';
import type { Exchange } from '../exchange.ts';
import { logAttributes } from './attributes.ts';

/** Only `true` logs; an error, such as an absent header, and any other value do not (Envoy's CEL access log filter). */
export function foldLogFilter(expression: string): (exchange: Exchange) => boolean {
  const evaluate = parse(expression);
  return (exchange) => {
    try {
      return evaluate(logAttributes(exchange)) === true;
    } catch {
      return false;
    }
  };
}
