/** The shape of an operator: folded with its argument once, asked for its value at each request. */
import type { FormatContext } from './context.ts';

export type Value = string | number | undefined;
export type Operator = (context: FormatContext) => Value;
/** By Envoy's operator name; `argument` is what stands in the parentheses, '' without any. */
export type Operators = Record<string, (argument: string) => Operator>;
