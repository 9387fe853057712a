// What can be set of a retry policy: ranges, defaults, and the bound on how long it lasts. What the policy then does is
// create-retry-policy.ts.
import { checkNumber } from '../number.js';
import { Problem } from '../problem.js';
import { checkExponential, type ExponentialSettings } from './exponential.js';
import { type RetrySchedule, readSchedule } from './retry-policies.js';
import type { ScheduleInput } from './retry-schedule.js';
import { checkStatuses } from './status-set.js';

/** A retry policy as it comes from the door and as it is stored; what is absent or null has its default. */
export interface RetryPolicyInput extends ScheduleInput {
  readonly jitter?: number | null | undefined;
  readonly deadlineSeconds?: number | null | undefined;
  readonly successStatuses?: readonly string[] | null | undefined;
  readonly neverRetriedStatuses?: readonly string[] | null | undefined;
  readonly maxRetryAfterSeconds?: number | null | undefined;
}

/** A retry policy with all its values. */
export interface RetrySettings {
  readonly schedule: RetrySchedule;
  /** What the schedule was made of; null when it is not exponential. */
  readonly exponential: ExponentialSettings | null;
  /** Each delay is drawn evenly from `1 - jitter` to `1 + jitter` times the schedule's. */
  readonly jitter: number;
  /** No attempt begins later than this after the first, in seconds. */
  readonly deadlineSeconds: number;
  /** As `checkStatuses` allows them. */
  readonly successStatuses: readonly string[];
  readonly neverRetriedStatuses: readonly string[];
  /** A `Retry-After` that asks for more counts as this, in seconds. */
  readonly maxRetryAfterSeconds: number;
}

/**
 * The longest that a schedule may last, and its latest deadline, in seconds: three and a half days, so that the last attempt
 * is made while the event is still kept (`CARILLON_EVENT_RETENTION_DAYS` is 4 or more).
 */
export const maxScheduleSeconds = 302_400;

const defaultJitter = 0.1;
const defaultMaxRetryAfterSeconds = 86_400;

/**
 * All values of a retry policy. Throws `INVALID_INPUT` that names the field at fault and its range: two schedules at once, a
 * value out of its range, or delays that add up to more than `maxScheduleSeconds`.
 */
export function checkRetryPolicy(input: RetryPolicyInput, field: string): RetrySettings {
  const schedule = readSchedule(input, field);
  checkLength(schedule, field);
  const { jitter, deadlineSeconds, maxRetryAfterSeconds } = input;
  return {
    schedule,
    exponential: input.exponential == null ? null : checkExponential(input.exponential, `${field}.exponential`),
    jitter: checkNumber(jitter ?? defaultJitter, `${field}.jitter`, { min: 0, max: 1 }),
    deadlineSeconds: checkNumber(deadlineSeconds ?? maxScheduleSeconds, `${field}.deadlineSeconds`, {
      min: 1,
      max: maxScheduleSeconds,
    }),
    successStatuses: checkSuccess(input.successStatuses ?? ['2xx'], `${field}.successStatuses`),
    neverRetriedStatuses: checkStatuses(input.neverRetriedStatuses ?? [], `${field}.neverRetriedStatuses`),
    maxRetryAfterSeconds: checkNumber(
      maxRetryAfterSeconds ?? defaultMaxRetryAfterSeconds,
      `${field}.maxRetryAfterSeconds`,
      { min: 0, max: defaultMaxRetryAfterSeconds },
    ),
  };
}

function checkLength({ delaysMs }: RetrySchedule, field: string): void {
  const seconds = Math.ceil(delaysMs.reduce((sum, delayMs) => sum + delayMs, 0) / 1000);
  if (seconds <= maxScheduleSeconds) return;
  const message = `${field} must last at most ${maxScheduleSeconds} seconds from the first attempt to the last; its delays make ${seconds}`;
  throw new Problem('INVALID_INPUT', message, { field });
}

function checkSuccess(entries: readonly string[], field: string): readonly string[] {
  if (entries.length === 0) {
    throw new Problem('INVALID_INPUT', `${field} must have 1 to 20 entries, has 0`, { field });
  }
  const checked = checkStatuses(entries, field);
  const index = entries.indexOf('410');
  if (index === -1) return checked;
  const here = `${field}.${index}`;
  throw new Problem('INVALID_INPUT', `${here} must not be 410, which disables the webhook subscription`, {
    field: here,
  });
}
