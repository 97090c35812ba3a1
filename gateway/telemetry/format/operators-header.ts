/** %REQ%, %RESP% and their kin: `(name?alternative)`, pseudo headers with a colon. */
import type { Exchange } from '../../exchange.ts';
import type { Operator, Operators } from './operator.ts';

type Read = (exchange: Exchange) => string | null;

const PSEUDO: Record<string, Read> = {
  ':path': (exchange) => exchange.path,
  ':method': (exchange) => exchange.method,
  ':authority': (exchange) => exchange.authority,
  host: (exchange) => exchange.authority,
  ':scheme': (exchange) => exchange.scheme,
};

function requestReader(name: string): Read {
  return PSEUDO[name] ?? ((exchange) => exchange.requestHeaders.first(name));
}

function responseReader(name: string): Read {
  // There is none before there is an answer.
  if (name === ':status') return ({ status }) => (status === 0 ? null : String(status));
  return (exchange) => exchange.responseHeaders.get(name);
}

function withAlternative(argument: string, reader: (name: string) => Read): Operator {
  const [first, second] = argument.toLowerCase().split('?');
  const read = reader(first ?? '');
  if (second === undefined) return (exchange) => read(exchange) ?? undefined;
  const other = reader(second);
  return (exchange) => read(exchange) ?? other(exchange) ?? undefined;
}

const withoutQuery = (path: string | null) => path?.split('?', 1)[0] ?? null;

export const HEADER_OPERATORS: Operators = {
  REQ: (argument) => withAlternative(argument, requestReader),
  RESP: (argument) => withAlternative(argument, responseReader),
  REQ_WITHOUT_QUERY: (argument) =>
    withAlternative(argument, (name) => {
      const read = requestReader(name);
      return (exchange) => withoutQuery(read(exchange));
    }),
  REQUEST_HEADERS_BYTES: () => (exchange) => bytes(exchange.requestHeaders.entries()),
  RESPONSE_HEADERS_BYTES: () => (exchange) => bytes(exchange.responseHeaders.entries()),
};

function bytes(headers: Iterable<[string, string]>): number {
  let sum = 0;
  for (const [name, value] of headers) sum += name.length + value.length;
  return sum;
}
