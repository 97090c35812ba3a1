/** The part of the catalogue about sending, retrying and balancing at the edge: BSP06…; messages.ts puts it in. */
import type { Message } from './messages.ts';

export const TRAFFIC_MESSAGES = {
  BodySentOnce: {
    code: 'BSP0601',
    level: 'info',
    text: 'a request body of more than 1 MiB is not mirrored, and not tried again once so much of it has been sent',
  },
  PassthroughAtRandom: {
    code: 'BSP0602',
    level: 'warning',
    text: 'PASSTHROUGH: the edge has no original destination; it chooses one of the endpoints at random',
    mend: 'Name another policy, such as LEAST_REQUEST.',
  },
} as const satisfies Record<string, Message>;
