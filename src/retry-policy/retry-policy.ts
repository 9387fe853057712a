// What a retry policy is: a pure rule from a failed attempt to what happens next. It reads no clock and starts no timer.
import type { Random } from '../clock.js';

/** An attempt that did not succeed. */
export interface FailedAttempt {
  /** 1 for the first attempt of a delivery. */
  readonly number: number;
  /** What the receiver answered, or null when it did not answer. */
  readonly statusCode: number | null;
  /** What its `Retry-After` asked for, in seconds from the answer; null without one. */
  readonly retryAfterSeconds: number | null;
}

/** Try again after a delay counted from the end of the attempt, or never again. */
export type RetryDecision = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'exhausted' };

/** Says when a delivery is tried again. */
export interface RetryPolicy {
  /** As in the API, `SCREAMING`. */
  readonly name: string;
  /** Attempts after which `decide` always answers `exhausted`, the first included. */
  readonly maxAttempts: number;
  /** `delayMs` is a whole number, 0 or more. `random` is drawn from for jitter. Never throws. */
  decide(attempt: FailedAttempt, random: Random): RetryDecision;
}
