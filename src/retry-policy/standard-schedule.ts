// The default policy: ten attempts over about three days, after the schedule that Standard Webhooks gives as an example.
import type { Random } from '../clock.js';
import type { EndedAttempt, RetryPolicy, Verdict } from './retry-policy.js';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Delays in milliseconds before the second, third, … attempt; the first is made at once. */
export const standardDelaysMs: readonly number[] = [
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
];

/**
 * The policy `STANDARD`. 2xx succeeds. Each delay is drawn evenly from 0.9 to 1.1 times the schedule, so that what failed together does
 * not come back together. On 429 and 503 a longer `Retry-After` takes its place, stretched by up to a tenth and never cut
 * short. 410 says that nobody will ever listen here again: exhausted at once.
 */
export const standardSchedule = {
  name: 'STANDARD',
  maxAttempts: standardDelaysMs.length + 1,
  judge,
} as const satisfies RetryPolicy;

function judge({ number, statusCode, retryAfterSeconds }: EndedAttempt, random: Random): Verdict {
  if (statusCode !== null && statusCode >= 200 && statusCode < 300) return { kind: 'succeeded' };
  const scheduledMs = standardDelaysMs[number - 1];
  if (scheduledMs === undefined || statusCode === 410) return { kind: 'exhausted' };
  const draw = random();
  const isAskedToWait = statusCode === 429 || statusCode === 503;
  const askedMs = isAskedToWait ? (retryAfterSeconds ?? 0) * secondMs : 0;
  return { kind: 'retry', delayMs: Math.ceil(Math.max(scheduledMs * (0.9 + 0.2 * draw), askedMs * (1 + 0.1 * draw))) };
}
