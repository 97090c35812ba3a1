/** Parsed format strings put to use. */
import type { FormatContext } from './context.ts';
import { FormatError, type Part, parseFormat } from './parse.ts';

export type Render = (context: FormatContext) => string;

/**
 * For header values: an operator without a value gives ''. A format that cannot be parsed is taken literally; the compiler
 * has reported it before.
 */
export function headerRender(format: string): Render {
  const parts = parse(format);
  if (parts.every((part) => typeof part === 'string')) {
    const literal = parts.join('');
    return () => literal;
  }
  return (context) => concatenate(parts, context, '');
}

/** For log lines: an operator without a value gives '-'. */
export function logRender(format: string): Render {
  const parts = parse(format);
  return (context) => concatenate(parts, context, '-');
}

function parse(format: string): Part<FormatContext>[] {
  try {
    return parseFormat(format);
  } catch (error) {
    if (error instanceof FormatError) return [format];
    throw error;
  }
}

function concatenate(parts: readonly Part<FormatContext>[], context: FormatContext, absent: string): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : (part(context) ?? absent);
  return text;
}
