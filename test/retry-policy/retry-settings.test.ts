// What may be set of a retry policy: defaults, ranges, and errors that name field and limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/problem.js';
import { createRetryPolicy } from '../../src/retry-policy/create-retry-policy.js';
import { checkRetryPolicy, type RetryPolicyInput } from '../../src/retry-policy/retry-settings.js';
import { standardDelaysMs } from '../../src/retry-policy/standard-schedule.js';

const check = (input: RetryPolicyInput) => checkRetryPolicy(input, 'retryPolicy');

test('what is not set has its default', () => {
  const defaults = {
    schedule: { name: 'STANDARD', delaysMs: standardDelaysMs },
    exponential: null,
    jitter: 0.1,
    deadlineSeconds: 302_400,
    successStatuses: ['2xx'],
    neverRetriedStatuses: [],
    maxRetryAfterSeconds: 86_400,
  };
  assert.deepEqual(check({}), defaults);
  assert.deepEqual(check({ jitter: null, exponential: null, successStatuses: null }), defaults);
});

test('an exponential schedule grows by its factor up to its cap', () => {
  const { schedule, exponential } = check({
    exponential: { baseSeconds: 0.5, factor: 3, capSeconds: 10, attempts: 6 },
  });
  assert.deepEqual(schedule, { name: 'EXPONENTIAL', delaysMs: [500, 1500, 4500, 10_000, 10_000] });
  assert.deepEqual(exponential, { baseSeconds: 0.5, factor: 3, capSeconds: 10, attempts: 6 });
  assert.deepEqual(check({ exponential: {} }).exponential, {
    baseSeconds: 5,
    factor: 2,
    capSeconds: 14_400,
    attempts: 15,
  });
  assert.equal(check({ exponential: { baseSeconds: 50_000, attempts: 3 } }).exponential?.capSeconds, 50_000);
  assert.deepEqual(check({ exponential: { attempts: 1 } }).schedule.delaysMs, []);
});

test('with the other defaults every factor is short enough', () => {
  for (let factor = 1; factor <= 10; factor += 0.25) check({ exponential: { factor } });
});

test('a list is taken as it is; an empty one is a single attempt', () => {
  assert.deepEqual(check({ delaysSeconds: [1, 0.25, 60] }).schedule.delaysMs, [1000, 250, 60_000]);
  const once = createRetryPolicy(check({ delaysSeconds: [] }));
  const failed = { number: 1, statusCode: 500, retryAfterSeconds: null, elapsedMs: 0 };
  assert.equal(once.maxAttempts, 1);
  assert.deepEqual(
    once.judge(failed, () => 0.5),
    { kind: 'exhausted' },
  );
});

const statuses = (count: number): string[] => Array.from({ length: count }, (_, index) => String(300 + index));
const refused: readonly [RetryPolicyInput, string, string][] = [
  [{ exponential: { factor: 0.5 } }, 'exponential.factor', 'must be from 1 to 10, got 0.5'],
  [{ exponential: { factor: 10.1 } }, 'exponential.factor', 'must be from 1 to 10, got 10.1'],
  [{ exponential: { baseSeconds: 0 } }, 'exponential.baseSeconds', 'must be from 0.1 to 86400, got 0'],
  [{ exponential: { baseSeconds: 86_401 } }, 'exponential.baseSeconds', 'must be from 0.1 to 86400, got 86401'],
  [{ exponential: { capSeconds: 4 } }, 'exponential.capSeconds', 'must be from 5 to 302400, got 4'],
  [{ exponential: { capSeconds: 302_401 } }, 'exponential.capSeconds', 'must be from 5 to 302400, got 302401'],
  [{ exponential: { attempts: 0 } }, 'exponential.attempts', 'must be a whole number from 1 to 50, got 0'],
  [{ exponential: { attempts: 51 } }, 'exponential.attempts', 'must be a whole number from 1 to 50, got 51'],
  [{ exponential: { attempts: 1.5 } }, 'exponential.attempts', 'must be a whole number from 1 to 50, got 1.5'],
  [{ delaysSeconds: Array<number>(50).fill(1) }, 'delaysSeconds', 'must have 0 to 49 delays, has 50'],
  [{ delaysSeconds: [1, 0.09] }, 'delaysSeconds.1', 'must be from 0.1 to 302400, got 0.09'],
  [{ delaysSeconds: [-1] }, 'delaysSeconds.0', 'must be from 0.1 to 302400, got -1'],
  [{ delaysSeconds: [302_401] }, 'delaysSeconds.0', 'must be from 0.1 to 302400, got 302401'],
  [{ jitter: -0.1 }, 'jitter', 'must be from 0 to 1, got -0.1'],
  [{ jitter: 1.01 }, 'jitter', 'must be from 0 to 1, got 1.01'],
  [{ deadlineSeconds: 0.5 }, 'deadlineSeconds', 'must be from 1 to 302400, got 0.5'],
  [{ deadlineSeconds: 302_401 }, 'deadlineSeconds', 'must be from 1 to 302400, got 302401'],
  [{ maxRetryAfterSeconds: -1 }, 'maxRetryAfterSeconds', 'must be from 0 to 86400, got -1'],
  [{ maxRetryAfterSeconds: 86_401 }, 'maxRetryAfterSeconds', 'must be from 0 to 86400, got 86401'],
  [{ successStatuses: [] }, 'successStatuses', 'must have 1 to 20 entries, has 0'],
  [{ successStatuses: statuses(21) }, 'successStatuses', 'must have at most 20 entries, has 21'],
  [{ successStatuses: ['2xx', '2XX'] }, 'successStatuses.1', 'must be a class such as 2xx or a status code'],
  [{ successStatuses: ['1xx'] }, 'successStatuses.0', 'from 200 to 599, got "1xx"'],
  [{ successStatuses: ['600'] }, 'successStatuses.0', 'from 200 to 599, got "600"'],
  [{ successStatuses: ['2xx', '410'] }, 'successStatuses.1', 'must not be 410'],
  [{ neverRetriedStatuses: ['4xx', ''] }, 'neverRetriedStatuses.1', 'got ""'],
  [{ neverRetriedStatuses: statuses(21) }, 'neverRetriedStatuses', 'must have at most 20 entries, has 21'],
];
for (const [input, field, message] of refused) {
  test(`${JSON.stringify(input).slice(0, 80)} is refused: ${field} ${message}`, () => {
    assert.throws(
      () => check(input),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual([error.code, error.field], ['INVALID_INPUT', `retryPolicy.${field}`]);
        assert.ok(error.message.startsWith(`retryPolicy.${field} `), error.message);
        assert.ok(error.message.includes(message), error.message);
        return true;
      },
    );
  });
}

test('two schedules at once are refused', () => {
  const message = 'retryPolicy must not have both delaysSeconds and exponential';
  assert.throws(() => check({ delaysSeconds: [1], exponential: {} }), {
    code: 'INVALID_INPUT',
    field: 'retryPolicy',
    message,
  });
});

test('a schedule that lasts longer than events are surely kept is refused', () => {
  const tooLong = (input: RetryPolicyInput, seconds: number): void =>
    assert.throws(() => check(input), {
      code: 'INVALID_INPUT',
      field: 'retryPolicy',
      message: `retryPolicy must last at most 302400 seconds from the first attempt to the last; its delays make ${seconds}`,
    });
  tooLong({ delaysSeconds: [200_000, 102_400.1] }, 302_401);
  tooLong({ exponential: { baseSeconds: 86_400, factor: 1, attempts: 5 } }, 345_600);
  assert.equal(check({ delaysSeconds: [200_000, 102_400], jitter: 1 }).schedule.delaysMs.length, 2);
});

test('the deadline gives up when the next attempt would begin after it', () => {
  const policy = createRetryPolicy(check({ delaysSeconds: [60, 60, 60], jitter: 0, deadlineSeconds: 130 }));
  const judge = (number: number, elapsedMs: number) =>
    policy.judge({ number, statusCode: 500, retryAfterSeconds: null, elapsedMs }, () => 0.5).kind;
  assert.deepEqual([judge(1, 0), judge(2, 70_000), judge(2, 70_001)], ['retry', 'retry', 'exhausted']);
});

test('Retry-After counts up to its cap; a cap of 0 ignores it', () => {
  const judge = (maxRetryAfterSeconds: number) =>
    createRetryPolicy(check({ delaysSeconds: [10], jitter: 0, maxRetryAfterSeconds })).judge(
      { number: 1, statusCode: 503, retryAfterSeconds: 3600, elapsedMs: 0 },
      () => 0.5,
    );
  assert.deepEqual(judge(86_400), { kind: 'retry', delayMs: 3_600_000 });
  assert.deepEqual(judge(60), { kind: 'retry', delayMs: 60_000 });
  assert.deepEqual(judge(0), { kind: 'retry', delayMs: 10_000 });
});

test('a status of success comes before one that is never retried, and 410 before both', () => {
  const policy = createRetryPolicy(check({ successStatuses: ['4xx'], neverRetriedStatuses: ['409', '5xx'] }));
  const judge = (statusCode: number | null) =>
    policy.judge({ number: 1, statusCode, retryAfterSeconds: null, elapsedMs: 0 }, () => 0.5).kind;
  assert.deepEqual([409, 404, 410, 500, 200, null].map(judge), [
    'succeeded',
    'succeeded',
    'exhausted',
    'exhausted',
    'retry',
    'retry',
  ]);
});

const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, 1, 10, 50, 302_400));
const anything: fc.Arbitrary<RetryPolicyInput> = fc.record(
  {
    delaysSeconds: fc.option(fc.array(anyNumber, { maxLength: 60 })),
    exponential: fc.option(
      fc.record(
        { baseSeconds: anyNumber, factor: anyNumber, capSeconds: anyNumber, attempts: anyNumber },
        { requiredKeys: [] },
      ),
    ),
    jitter: fc.option(anyNumber),
    deadlineSeconds: fc.option(anyNumber),
    successStatuses: fc.option(fc.array(fc.string())),
    neverRetriedStatuses: fc.option(fc.array(fc.string())),
    maxRetryAfterSeconds: fc.option(anyNumber),
  },
  { requiredKeys: [] },
);

test('whatever is given is a policy that never throws, or an error that names a field', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 100 }), fc.nat({ max: 999 }), (input, number, statusCode) => {
      try {
        const policy = createRetryPolicy(check(input));
        const verdict = policy.judge({ number, statusCode, retryAfterSeconds: 5, elapsedMs: 0 }, () => 0.5);
        if (verdict.kind === 'retry') assert.ok(Number.isSafeInteger(verdict.delayMs) && verdict.delayMs >= 0);
      } catch (error) {
        assert.ok(error instanceof Problem && error.code === 'INVALID_INPUT', String(error));
        assert.match(error.field ?? '', /^retryPolicy/);
      }
    }),
    { numRuns: 1000 },
  );
});
