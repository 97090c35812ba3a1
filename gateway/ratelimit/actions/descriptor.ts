/**
 * Envoy's `rate_limits` entries folded into makers of descriptors. One entry makes one descriptor; an action that yields
 * nothing drops the whole descriptor, unless it says that it may be left out.
 */
import type { Exchange } from '../../exchange.ts';
import type { LimitUnit, RateLimitAction, RateLimitPolicy } from '../../snapshot.ts';
import { headerRender } from '../../telemetry/format/render.ts';
import type { Entry } from '../limit-tree.ts';
import type { LimitRequestDescriptor } from '../limiter.ts';
import { UNIT_SECONDS } from '../units.ts';
import { addressAction, addressMatch, clusterAction, ownValue, requestHeader } from './basic.ts';
import { expression } from './expression.ts';
import { headerValueMatch, queryParameter, queryValueMatch } from './matchers.ts';
import { lookUp, metadataValue } from './metadata.ts';

/** An entry; 'omit': leave this entry out; 'drop': there is no descriptor. */
export type Made = Entry | 'omit' | 'drop';
export type EntryMaker = (exchange: Exchange) => Made;

export interface DescriptorMaker {
  make(exchange: Exchange): LimitRequestDescriptor | undefined;
  /** apply_on_stream_done: charged when the answer has been sent. */
  onStreamDone: boolean;
}

/** @param hits whether hits_addend counts here: only in a filter's or a RateLimitPerRoute's own list (captured). */
export function foldPolicy(policy: RateLimitPolicy, hits: boolean): DescriptorMaker {
  const makers = policy.actions.map(makerOf);
  const addend = hits ? hitsOf(policy.hitsAddend) : undefined;
  const limit = policy.limit;
  return {
    onStreamDone: policy.applyOnStreamDone ?? false,
    make: (exchange) => {
      const entries = entriesOf(makers, exchange);
      if (!entries) return undefined;
      const override = limit && overrideOf(lookUp(exchange, limit));
      const hitsAddend = addend?.(exchange);
      if (Number.isNaN(hitsAddend)) return undefined;
      return { entries, ...(override ? { limit: override } : {}), ...(hitsAddend === undefined ? {} : { hitsAddend }) };
    },
  };
}

function entriesOf(makers: readonly EntryMaker[], exchange: Exchange): Entry[] | undefined {
  const entries: Entry[] = [];
  for (const make of makers) {
    const made = make(exchange);
    if (made === 'drop') return undefined;
    if (made !== 'omit') entries.push(made);
  }
  return entries;
}

function makerOf(action: RateLimitAction): EntryMaker {
  switch (action.kind) {
    case 'sourceCluster':
    case 'destinationCluster':
      return clusterAction(action);
    case 'remoteAddress':
    case 'maskedRemoteAddress':
      return addressAction(action);
    case 'remoteAddressMatch':
      return addressMatch(action);
    case 'requestHeaders':
      return requestHeader(action);
    case 'queryParameters':
      return queryParameter(action);
    case 'genericKey':
      return ownValue(action);
    case 'headerValueMatch':
      return headerValueMatch(action);
    case 'queryParameterValueMatch':
      return queryValueMatch(action);
    case 'metadata':
      return metadataValue(action);
    case 'expression':
      return expression(action);
  }
}

/** A number of hits that is none (an absent header, junk) drops the descriptor: NaN. */
function hitsOf(addend: RateLimitPolicy['hitsAddend']): ((exchange: Exchange) => number) | undefined {
  if (!addend) return undefined;
  const { number, format } = addend;
  if (format === undefined) return number === undefined ? undefined : () => number;
  const render = headerRender(format);
  return (exchange) => {
    const number = DECIMAL.test(render(exchange).trim()) ? Math.trunc(Number(render(exchange))) : Number.NaN;
    return number >= 0 && number <= MOST_HITS ? number : Number.NaN;
  };
}

/** Envoy reads any number, and counts its whole part. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MOST_HITS = 1_000_000_000;

/** `{requests_per_unit: 2, unit: "HOUR"}`; anything else is no override. */
function overrideOf(value: unknown): LimitRequestDescriptor['limit'] {
  if (typeof value !== 'object' || value === null) return undefined;
  const { requests_per_unit: requestsPerUnit, unit } = value as Record<string, unknown>;
  if (typeof requestsPerUnit !== 'number' || typeof unit !== 'string' || !(unit in UNIT_SECONDS)) return undefined;
  return { requestsPerUnit, unit: unit as LimitUnit };
}
