/** What format operators may read: the exchange, which for an access log is complete. */
import type { Exchange } from '../../exchange.ts';

export type FormatContext = Exchange;
