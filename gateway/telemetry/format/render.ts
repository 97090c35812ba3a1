/** Parsed format strings put to use. */
import type { FormatContext } from './context.ts';
import { type Part, parseOrLiteral } from './parse.ts';

export type Render = (context: FormatContext) => string;

/** For header values: an operator without a value gives ''. */
export function headerRender(format: string): Render {
  const parts = parseOrLiteral(format);
  if (parts.every((part) => typeof part === 'string')) {
    const literal = parts.join('');
    return () => literal;
  }
  return (context) => concatenate(parts, context, '');
}

/** For log lines: an operator without a value gives '-'. */
export function logRender(format: string): Render {
  const parts = parseOrLiteral(format);
  return (context) => concatenate(parts, context, '-');
}

function concatenate(parts: readonly Part<FormatContext>[], context: FormatContext, absent: string): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : (part(context) ?? absent);
  return text;
}
