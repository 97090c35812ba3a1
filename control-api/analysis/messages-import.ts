/** The part of the catalogue for `bowsprit import`: BSP1…; messages.ts puts it in. */
import type { Message } from './messages.ts';

export const IMPORT_MESSAGES = {
  NotImported: { code: 'BSP1001', level: 'warning', text: 'not carried over: {why}' },
} as const satisfies Record<string, Message>;
