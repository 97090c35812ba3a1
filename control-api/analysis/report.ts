/** Makes a Finding from the catalogue, so that a code, level and text are written in one place only. */
import type { Finding } from './finding.ts';
import { MESSAGES, type Message, type MessageName } from './messages.ts';

/** `args` fill the `{name}`s of the text and the mend; `about` says which resource, field and place. */
export function finding(
  name: MessageName,
  args: Record<string, string | number>,
  about: Partial<Pick<Finding, 'resource' | 'field' | 'position' | 'mend'>> = {},
): Finding {
  const entry: Message = MESSAGES[name];
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, key: string) => String(args[key] ?? whole));
  const mend = entry.mend === undefined ? {} : { mend: fill(entry.mend) };
  return { code: entry.code, name, level: entry.level, resource: '', message: fill(entry.text), ...mend, ...about };
}
