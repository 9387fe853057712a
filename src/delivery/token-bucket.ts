// The rate limit of one webhook subscription as a pure rule: whether a request may begin now, and if not, when. It reads no
// clock, and what a limit of several processes is for one of them is decided elsewhere.
import type { RateLimit } from '../webhook-subscription/delivery-policy.js';

/** A token bucket. Times are monotonic milliseconds; one that goes back counts as the latest seen. No method throws. */
export interface TokenBucket {
  /** Takes a token if there is one: over any span of `w` seconds it gives at most `burst + perSecond * w`. */
  take(nowMs: number): boolean;
  /**
   * Whole milliseconds until there is a token, 0 when there is one. Takes nothing. Waiting costs nothing of the rate as long
   * as the burst bridges a millisecond (`perSecond <= 1000 * (burst - 1)`).
   */
  waitMs(nowMs: number): number;
  /** How many tokens it has now and in the next `ms` milliseconds, if none are taken before. Takes nothing. */
  within(nowMs: number, ms: number): number;
  /** Goes on under another limit; what was taken under the old one stays taken. */
  change(limit: RateLimit, nowMs: number): void;
}

/** Timers and divisions are not exact: a token may be taken this much early. */
const toleranceMs = 1e-6;

/**
 * A full bucket. It is kept as the one number of the generic cell rate algorithm (ITU-T I.371, annex A): the instant at which
 * it is full again, which every token moves by `1 / perSecond`.
 */
export function createTokenBucket({ perSecond, burst }: RateLimit): TokenBucket {
  let intervalMs = 1000 / perSecond;
  let capacity = burst;
  let fullAtMs = Number.NEGATIVE_INFINITY;
  let latestMs = Number.NEGATIVE_INFINITY;

  function see(nowMs: number): void {
    latestMs = Math.max(latestMs, nowMs);
  }

  /** Until there is a token; negative when there are more. */
  function leftMs(): number {
    return fullAtMs - (capacity - 1) * intervalMs - latestMs;
  }

  return {
    take(nowMs) {
      see(nowMs);
      if (leftMs() > toleranceMs) return false;
      fullAtMs = Math.max(fullAtMs, latestMs) + intervalMs;
      return true;
    },
    waitMs(nowMs) {
      see(nowMs);
      return Math.max(0, Math.ceil(leftMs() - toleranceMs));
    },
    within(nowMs, ms) {
      see(nowMs);
      const firstMs = Math.max(fullAtMs, latestMs) - (capacity - 1) * intervalMs - latestMs;
      return Math.max(0, Math.floor((ms - firstMs + toleranceMs) / intervalMs) + 1);
    },
    change(limit, nowMs) {
      see(nowMs);
      const taken = Math.max(0, fullAtMs - latestMs) / intervalMs;
      intervalMs = 1000 / limit.perSecond;
      capacity = limit.burst;
      fullAtMs = latestMs + Math.min(taken, capacity) * intervalMs;
    },
  };
}
