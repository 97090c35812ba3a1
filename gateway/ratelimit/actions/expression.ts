/** The action `envoy.rate_limit_descriptors.expr`: a CEL expression over the request's attributes. */
import { parse } from '@marcbachmann/cel-js';
import type { Exchange } from '../../exchange.ts';
import type { RateLimitAction } from '../../snapshot.ts';
import { requestAttributes } from '../../telemetry/attributes.ts';
import type { EntryMaker } from './descriptor.ts';

/** An error (an absent header, a wrong type) drops the descriptor, or leaves the entry out with skip_if_error. */
export function expression(action: Extract<RateLimitAction, { kind: 'expression' }>): EntryMaker {
  const { descriptorKey: key, text } = action;
  const failed = action.skipIfError ? 'omit' : 'drop';
  const evaluate = parse(text);
  return (exchange) => {
    try {
      return { key, value: print(evaluate(attributes(exchange))) };
    } catch {
      return failed;
    }
  };
}

/** Envoy prints lists and maps by their kind only. */
function print(value: unknown): string {
  if (Array.isArray(value)) return 'CelList value';
  return value instanceof Map ? 'CelMap value' : String(value);
}

/** Envoy's attributes (docs: attributes) as far as an edge has them; each is made when the expression reads it. */
function attributes(exchange: Exchange): Record<string, unknown> {
  return {
    get request() {
      return requestAttributes(exchange);
    },
    source: exchange.peer,
    metadata: { filter_metadata: Object.fromEntries(exchange.metadata) },
  };
}
