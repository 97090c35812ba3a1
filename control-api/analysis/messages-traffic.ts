/** The part of the catalogue about sending, retrying and balancing at the edge: BSP06…; messages.ts puts it in. */
import type { Message } from './messages.ts';

export const TRAFFIC_MESSAGES = {
  BodySentOnce: {
    code: 'BSP0601',
    level: 'info',
    text: 'a request body of more than 1 MiB, or of a GET or HEAD, is not mirrored, and not tried again once so much of it has been sent',
  },
  PassthroughToNobody: {
    code: 'BSP0602',
    level: 'warning',
    text: 'PASSTHROUGH: a gateway has no original destination, so every request is answered 503 "no healthy upstream", as in Istio',
    mend: 'Name another policy, such as LEAST_REQUEST.',
  },
} as const satisfies Record<string, Message>;
