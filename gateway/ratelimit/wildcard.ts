/**
 * Patterns of the rate-limit configuration: each `*` stands for zero or more characters, `/` too. The first piece is an
 * anchored prefix, the last an anchored suffix, those between are found leftmost in order, without overlap.
 */
export type Wildcard = (text: string) => boolean;

export function wildcard(pattern: string): Wildcard {
  const parts = pattern.split('*');
  const prefix = parts[0] ?? '';
  const suffix = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1);
  const fixed = parts.reduce((sum, part) => sum + part.length, 0);
  return (text) => {
    if (text.length < fixed || !text.startsWith(prefix) || !text.endsWith(suffix)) return false;
    return inOrder(text.slice(prefix.length, text.length - suffix.length), middle);
  };
}

function inOrder(text: string, parts: readonly string[]): boolean {
  let at = 0;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}
