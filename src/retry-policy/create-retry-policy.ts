// The retry policy of a webhook subscription, made of its settings. Ranges and defaults are in retry-settings.ts.
import type { Random } from '../clock.js';
import type { EndedAttempt, RetryPolicy, Verdict } from './retry-policy.js';
import { checkRetryPolicy, type RetrySettings } from './retry-settings.js';
import { createStatusTest } from './status-set.js';

/** Not less than asked for, and stretched by no more than this part, so that not all come back at once. */
const maxStretch = 0.1;

/**
 * A policy: the statuses of success succeed, 410 and those never retried are exhausted at once, everything else is tried
 * again after the schedule's delay with jitter, until attempts or deadline are used up. On 429 and 503 a longer
 * `Retry-After` (RFC 9110 10.2.3, RFC 6585 section 4) takes the delay's place, capped, stretched by up to a tenth and never
 * cut short.
 */
export function createRetryPolicy(settings: RetrySettings): RetryPolicy {
  const { schedule, jitter, maxRetryAfterSeconds } = settings;
  const { delaysMs } = schedule;
  const deadlineMs = 1000 * settings.deadlineSeconds;
  const isInSuccess = createStatusTest(settings.successStatuses);
  const isFinal = createStatusTest([...settings.neverRetriedStatuses, '410']);

  function isSuccess(statusCode: number | null): boolean {
    return statusCode !== 410 && isInSuccess(statusCode);
  }

  function delay({ statusCode, retryAfterSeconds }: EndedAttempt, scheduledMs: number, random: Random): number {
    const draw = random();
    const isAskedToWait = statusCode === 429 || statusCode === 503;
    const askedMs = isAskedToWait ? 1000 * Math.min(retryAfterSeconds ?? 0, maxRetryAfterSeconds) : 0;
    const stretchedMs = askedMs * (1 + Math.min(jitter, maxStretch) * draw);
    return Math.ceil(Math.max(scheduledMs * (1 - jitter + 2 * jitter * draw), stretchedMs));
  }

  function judge(attempt: EndedAttempt, random: Random): Verdict {
    const { number, statusCode, elapsedMs } = attempt;
    if (isSuccess(statusCode)) return { kind: 'succeeded' };
    const scheduledMs = delaysMs[number - 1];
    if (scheduledMs === undefined || isFinal(statusCode)) return { kind: 'exhausted' };
    const delayMs = delay(attempt, scheduledMs, random);
    if (elapsedMs + delayMs > deadlineMs) return { kind: 'exhausted' };
    return { kind: 'retry', delayMs };
  }

  return { name: schedule.name, maxAttempts: delaysMs.length + 1, isSuccess, judge };
}

/** The policy of whoever sets nothing. */
export const standardPolicy: RetryPolicy = createRetryPolicy(checkRetryPolicy({}, 'retryPolicy'));
