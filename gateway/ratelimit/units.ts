/** Fixed windows, aligned to the epoch: weeks start on Thursday 00:00 UTC, months are 30 days and years 365. */
import type { LimitUnit } from '../snapshot.ts';

export const UNIT_SECONDS: Readonly<Record<LimitUnit, number>> = {
  SECOND: 1,
  MINUTE: 60,
  HOUR: 3600,
  DAY: 86400,
  WEEK: 604800,
  MONTH: 2592000,
  YEAR: 31536000,
};

/** The second in which the window of `now` (unix seconds) began. */
export function windowStart(unit: LimitUnit, now: number): number {
  return now - (now % UNIT_SECONDS[unit]);
}

/** Seconds until the next window, 1 to the unit's length. */
export function secondsToReset(unit: LimitUnit, now: number): number {
  return UNIT_SECONDS[unit] - (now % UNIT_SECONDS[unit]);
}
