/** Names that follow from content: the same for the same content, whatever order it was given in. */
import { createHash } from 'node:crypto';
import { compare } from './names.ts';

/** The first `digits` hex digits of the text's SHA-256. */
export const contentHash = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);

/** The same JSON with the keys of every object in code-unit order. */
export function sortKeys<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sortKeys) as T;
  const entries = Object.entries(value).sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(entries.map(([key, field]) => [key, sortKeys(field)])) as T;
}
