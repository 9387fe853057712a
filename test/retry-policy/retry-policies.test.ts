// One suite for every kind of schedule: what the worker relies on, whatever an owner sets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/problem.js';
import { createRetryPolicy } from '../../src/retry-policy/create-retry-policy.js';
import { type ScheduleName, scheduleKinds } from '../../src/retry-policy/retry-policies.js';
import type { EndedAttempt } from '../../src/retry-policy/retry-policy.js';
import type { ScheduleInput } from '../../src/retry-policy/retry-schedule.js';
import {
  checkRetryPolicy,
  maxScheduleSeconds,
  type RetryPolicyInput,
  type RetrySettings,
} from '../../src/retry-policy/retry-settings.js';

const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const seconds = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Inputs of each kind, in their ranges. */
const inputs: Readonly<Record<ScheduleName, fc.Arbitrary<ScheduleInput>>> = {
  STANDARD: fc.constantFrom({}, { delaysSeconds: null, exponential: null }),
  LIST: fc.record({ delaysSeconds: fc.array(seconds(0.1, 5000), { maxLength: 49 }) }),
  EXPONENTIAL: fc.record({
    exponential: fc.record(
      {
        baseSeconds: seconds(0.1, 100),
        factor: seconds(1, 10),
        capSeconds: seconds(100, 3000),
        attempts: fc.integer({ min: 1, max: 50 }),
      },
      { requiredKeys: ['capSeconds'] },
    ),
  }),
};

const status = fc.oneof(
  fc.constantFrom('2xx', '3xx', '4xx', '5xx', '409', '500', '503'),
  fc.integer({ min: 200, max: 599 }).map(String),
);
const others = fc.record(
  {
    jitter: seconds(0, 1),
    deadlineSeconds: seconds(1, maxScheduleSeconds),
    successStatuses: fc.array(
      status.filter((one) => one !== '410'),
      { minLength: 1, maxLength: 5 },
    ),
    neverRetriedStatuses: fc.array(status, { maxLength: 5 }),
    maxRetryAfterSeconds: seconds(0, 86_400),
  },
  { requiredKeys: [] },
);

const attempts: fc.Arbitrary<EndedAttempt> = fc.record({
  number: fc.integer({ min: 1, max: 60 }),
  statusCode: fc.option(fc.integer({ min: 200, max: 599 })),
  retryAfterSeconds: fc.option(fc.integer({ min: 0, max: 86_400 })),
  elapsedMs: fc.nat({ max: 1000 * maxScheduleSeconds }),
});

/** The settings, or null for a schedule that lasts too long, the only mistake these inputs can have. */
function settingsOf(input: RetryPolicyInput): RetrySettings | null {
  try {
    return checkRetryPolicy(input, 'retryPolicy');
  } catch (error) {
    assert.ok(error instanceof Problem && error.field === 'retryPolicy', String(error));
    return null;
  }
}

for (const { name } of scheduleKinds) {
  const policies = fc
    .tuple(inputs[name], others)
    .map(([schedule, more]) => settingsOf({ ...schedule, ...more }))
    .filter((settings) => settings !== null);

  test(`${name}: delays are whole, within jitter and what Retry-After asked for; the deadline and the last attempt hold`, () => {
    fc.assert(
      fc.property(policies, attempts, draw, (settings, attempt, random) => {
        const policy = createRetryPolicy(settings);
        const { delaysMs } = settings.schedule;
        assert.deepEqual([policy.name, policy.maxAttempts], [name, delaysMs.length + 1]);
        const verdict = policy.judge(attempt, () => random);
        if (verdict.kind === 'succeeded') return;
        if (attempt.number >= policy.maxAttempts || attempt.statusCode === 410) {
          assert.deepEqual(verdict, { kind: 'exhausted' });
        }
        if (verdict.kind !== 'retry') return;
        const scheduledMs = delaysMs[attempt.number - 1] ?? assert.fail();
        const isAsked = attempt.statusCode === 429 || attempt.statusCode === 503;
        const askedMs = isAsked ? 1000 * Math.min(attempt.retryAfterSeconds ?? 0, settings.maxRetryAfterSeconds) : 0;
        assert.ok(Number.isSafeInteger(verdict.delayMs) && verdict.delayMs >= 0);
        assert.ok(verdict.delayMs >= Math.floor(Math.max(scheduledMs * (1 - settings.jitter), askedMs)));
        assert.ok(verdict.delayMs <= Math.ceil(Math.max(scheduledMs * (1 + settings.jitter), askedMs * 1.1)));
        assert.ok(attempt.elapsedMs + verdict.delayMs <= 1000 * settings.deadlineSeconds);
      }),
    );
  });

  test(`${name}: 410 and what is never retried end it at once, everything else is tried again while there are attempts and time`, () => {
    fc.assert(
      fc.property(policies, attempts, draw, (settings, attempt, random) => {
        const policy = createRetryPolicy({ ...settings, deadlineSeconds: Number.POSITIVE_INFINITY });
        const { statusCode } = attempt;
        const isIn = (set: readonly string[]): boolean =>
          statusCode !== null && set.some((one) => one === String(statusCode) || one === `${String(statusCode)[0]}xx`);
        const verdict = policy.judge({ ...attempt, number: 1 }, () => random);
        assert.equal(policy.isSuccess(statusCode), verdict.kind === 'succeeded');
        if (statusCode === 410) assert.equal(verdict.kind, 'exhausted');
        else if (isIn(settings.successStatuses)) assert.equal(verdict.kind, 'succeeded');
        else if (isIn(settings.neverRetriedStatuses) || policy.maxAttempts === 1)
          assert.equal(verdict.kind, 'exhausted');
        else assert.equal(verdict.kind, 'retry');
      }),
    );
  });

  test(`${name}: it decides alike for the same attempt and the same draw`, () => {
    fc.assert(
      fc.property(policies, attempts, draw, (settings, attempt, random) => {
        const [one, other] = [createRetryPolicy(settings), createRetryPolicy(settings)];
        assert.deepEqual(
          one.judge(attempt, () => random),
          other.judge(attempt, () => random),
        );
      }),
    );
  });

  test(`${name}: from the first attempt to the last no more than three and a half days pass, whatever Retry-After asks for`, () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 0, max: 86_400 }), draw, (settings, retryAfterSeconds, random) => {
        const policy = createRetryPolicy(settings);
        let elapsedMs = 0;
        for (let number = 1; number < policy.maxAttempts; number += 1) {
          const verdict = policy.judge({ number, statusCode: 503, retryAfterSeconds, elapsedMs }, () => random);
          if (verdict.kind !== 'retry') break;
          elapsedMs += verdict.delayMs;
        }
        assert.ok(elapsedMs <= 1000 * maxScheduleSeconds);
      }),
    );
  });
}

test('a schedule fits into the shortest retention with the time that its requests take', () => {
  const shortestRetentionSeconds = 4 * 86_400;
  assert.ok(maxScheduleSeconds + 50 * 60 < shortestRetentionSeconds);
});
