/** A coded message about a Resource. The codes, levels and texts are in messages.ts, the one catalogue. */
import type { Position } from '../resources/resource.ts';
import type { MessageName } from './messages.ts';

export type Level = 'error' | 'warning' | 'info';

export interface Finding {
  code: string;
  name: MessageName;
  level: Level;
  /** `VirtualService default/reviews`, or '' when it is about a file. */
  resource: string;
  /** Dotted path of the field, `spec.http[0].match[1]`, where it is about one. */
  field?: string;
  position?: Position;
  message: string;
  /** What to do about it, in one sentence. */
  mend?: string;
}
