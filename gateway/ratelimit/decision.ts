/** Counts into the answer of the rate-limit service: a status for each descriptor, and the overall code. */
import type { LimitUnit } from '../snapshot.ts';
import type { MatchedLimit } from './limit-tree.ts';
import type { LimiterSettings } from './limiter.ts';
import { secondsToReset } from './units.ts';

/** What became of one descriptor: nothing configured, no limit, or a count after its hits. */
export type Outcome =
  | { kind: 'none' }
  | { kind: 'unlimited' }
  | { kind: 'counted'; limit: MatchedLimit; after: number };

export interface DescriptorStatus {
  over: boolean;
  /** Absent for unmatched and unlimited descriptors. */
  currentLimit?: { requestsPerUnit: number; unit: LimitUnit; name?: string };
  limitRemaining: number;
  /** Seconds. */
  durationUntilReset?: number;
  /** metadata of the configuration, for passed descriptors. */
  metadata?: Record<string, unknown>;
}

export interface Decision {
  over: boolean;
  /** In the order of the request's descriptors. */
  statuses: DescriptorStatus[];
}

const UNLIMITED: DescriptorStatus = { over: false, limitRemaining: 0xffffffff };
const NONE: DescriptorStatus = { over: false, limitRemaining: 0 };

/**
 * Over when a descriptor that is no quota is over, or when all quota ones of the request are (QUOTA_MODE makes every
 * descriptor one, an unmatched one a passed one). shadow_mode hides a status, SHADOW_MODE only the overall code.
 */
export function decisionOf(outcomes: readonly Outcome[], now: number, settings: LimiterSettings): Decision {
  const statuses = outcomes.map((outcome) => statusOf(outcome, now));
  const quota = { all: 0, over: 0 };
  let over = false;
  for (const [index, outcome] of outcomes.entries()) {
    const isOver = statuses[index]?.over ?? false;
    if (isQuota(outcome, settings)) {
      quota.all++;
      if (isOver) quota.over++;
    } else if (isOver) over = true;
  }
  over ||= quota.all > 0 && quota.all === quota.over;
  return { over: over && !settings.shadowMode, statuses };
}

function isQuota(outcome: Outcome, settings: LimiterSettings): boolean {
  if (outcome.kind === 'unlimited') return false;
  return settings.quotaMode || (outcome.kind === 'counted' && outcome.limit.quotaMode);
}

function statusOf(outcome: Outcome, now: number): DescriptorStatus {
  if (outcome.kind !== 'counted') return outcome.kind === 'unlimited' ? UNLIMITED : NONE;
  const { rule, shadowMode, metadata } = outcome.limit;
  const unit = rule.unit ?? 'SECOND';
  return {
    over: outcome.after > rule.requestsPerUnit && !shadowMode,
    currentLimit: { requestsPerUnit: rule.requestsPerUnit, unit, ...(rule.name ? { name: rule.name } : {}) },
    limitRemaining: Math.max(0, rule.requestsPerUnit - outcome.after),
    durationUntilReset: secondsToReset(unit, now),
    ...(metadata ? { metadata } : {}),
  };
}

/** The status with the least remaining; an over one wins, the last of several; undefined when none has a limit. */
export function tightest(statuses: readonly DescriptorStatus[]): DescriptorStatus | undefined {
  let found: DescriptorStatus | undefined;
  for (const status of statuses) {
    if (!status.currentLimit) continue;
    if (status.over || !found || (!found.over && status.limitRemaining < found.limitRemaining)) found = status;
  }
  return found;
}
