// What a retry policy is: a pure rule from an attempt to what happens next. It reads no clock and starts no timer.
import type { Random } from '../clock.js';

/** An attempt that has ended. */
export interface EndedAttempt {
  /** 1 for the first attempt since the schedule began. */
  readonly number: number;
  /** What the receiver answered, or null when it did not answer. */
  readonly statusCode: number | null;
  /** What its `Retry-After` asked for, in seconds from the answer; null without one. */
  readonly retryAfterSeconds: number | null;
  /** From the beginning of the first attempt of the schedule to the end of this one, in milliseconds. */
  readonly elapsedMs: number;
}

/** It succeeded, is tried again after a delay counted from the end of the attempt, or never again. */
export type Verdict =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'exhausted' };

/** Says what became of an attempt and when the delivery is tried again. */
export interface RetryPolicy {
  /** Its kind of schedule as in the API, `SCREAMING`. */
  readonly name: string;
  /** Attempts after which a failure is always `exhausted`, the first included. */
  readonly maxAttempts: number;
  /** Whether an answer of this status is a success; null, no answer, never is. Never throws. */
  isSuccess(statusCode: number | null): boolean;
  /** `delayMs` is a whole number, 0 or more. `random` is drawn from for jitter. Never throws. */
  judge(attempt: EndedAttempt, random: Random): Verdict;
}
