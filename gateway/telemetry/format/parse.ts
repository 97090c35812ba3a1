/**
 * Envoy's format strings (`%REQ(x?y):10%`), parsed once for each Snapshot. Used by header operations and access logs.
 * Grammar: Envoy docs, "Access logging", "Format strings" and "Command operators".
 */
import type { FormatContext } from './context.ts';
import { OPERATORS } from './operators.ts';

/** What an operator reads; `undefined` is "no value": nothing in a header, `-` in a log line. */
export type Operator<Context> = (context: Context) => string | number | undefined;
export type Part<Context> = string | Operator<Context>;

export class FormatError extends Error {
  readonly code = 'FORMAT';
}

/** `%NAME%`, `%NAME(argument)%`, `%NAME(argument):length%`; the argument may hold anything but a closing `)%` or `):`. */
const COMMAND = /^([A-Z0-9_]+)(?:\((.*?)\))?(?::(\d+))?%/s;

/** @throws FormatError for a `%` that opens no command. An operator that the edge does not have gives no value. */
export function parseFormat(format: string): Part<FormatContext>[] {
  const parts: Part<FormatContext>[] = [];
  let literal = '';
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    literal += format.slice(at, percent < 0 ? undefined : percent);
    if (percent < 0) break;
    if (format[percent + 1] === '%') {
      literal += '%';
      at = percent + 2;
      continue;
    }
    const command = COMMAND.exec(format.slice(percent + 1));
    if (command === null) throw new FormatError(`a lone % at ${percent} in ${JSON.stringify(format)}`);
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(operatorOf(command[1]!, command[2], command[3]));
    at = percent + 1 + command[0].length;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** A format that cannot be parsed is taken literally; the compiler has reported it before. */
export function parseOrLiteral(format: string): Part<FormatContext>[] {
  try {
    return parseFormat(format);
  } catch (error) {
    if (error instanceof FormatError) return [format];
    throw error;
  }
}

function operatorOf(name: string, argument: string | undefined, length: string | undefined): Operator<FormatContext> {
  const make = OPERATORS[name];
  if (make === undefined) return () => undefined;
  const operator = make(argument ?? '');
  if (length === undefined) return operator;
  const most = Number(length);
  return (context) => {
    const value = operator(context);
    return value === undefined ? undefined : String(value).slice(0, most);
  };
}
