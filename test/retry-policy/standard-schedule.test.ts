// The default policy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { standardPolicy } from '../../src/retry-policy/create-retry-policy.js';
import type { EndedAttempt } from '../../src/retry-policy/retry-policy.js';
import { standardDelaysMs } from '../../src/retry-policy/standard-schedule.js';

const number = fc.integer({ min: 1, max: 9 });
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function delayMs(attempt: Omit<EndedAttempt, 'elapsedMs'>, random: number): number {
  const decision = standardPolicy.judge({ ...attempt, elapsedMs: 0 }, () => random);
  assert.equal(decision.kind, 'retry');
  return decision.kind === 'retry' ? decision.delayMs : Number.NaN;
}

test('waits 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h in the middle of the jitter', () => {
  const seconds = standardDelaysMs.map((_, index) => {
    return delayMs({ number: index + 1, statusCode: 500, retryAfterSeconds: null }, 0.5) / 1000;
  });
  assert.deepEqual(seconds, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
});

test('gives up after the tenth attempt', () => {
  const last = { number: 10, statusCode: 503, retryAfterSeconds: 10, elapsedMs: 0 };
  assert.equal(standardPolicy.maxAttempts, 10);
  assert.deepEqual(
    standardPolicy.judge(last, () => 0.5),
    { kind: 'exhausted' },
  );
});

test('gives up at once when the receiver says that it is gone', () => {
  const gone = { number: 1, statusCode: 410, retryAfterSeconds: 5, elapsedMs: 0 };
  assert.deepEqual(
    standardPolicy.judge(gone, () => 0.5),
    { kind: 'exhausted' },
  );
});

test('jitter stays within a tenth and reaches both ends', () => {
  fc.assert(
    fc.property(number, draw, (attempt, random) => {
      const scheduledMs = standardDelaysMs[attempt - 1] ?? 0;
      const delay = delayMs({ number: attempt, statusCode: null, retryAfterSeconds: null }, random);
      assert.ok(delay >= Math.floor(scheduledMs * 0.9) && delay <= Math.ceil(scheduledMs * 1.1));
    }),
  );
  assert.equal(delayMs({ number: 1, statusCode: null, retryAfterSeconds: null }, 0), 4500);
  assert.equal(delayMs({ number: 1, statusCode: null, retryAfterSeconds: null }, 1 - Number.EPSILON), 5500);
});

test('on 429 and 503 it never comes back before the time asked for, nor much later than asked or scheduled', () => {
  const asked = fc.integer({ min: 0, max: 86_400 });
  fc.assert(
    fc.property(number, fc.constantFrom(429, 503), asked, draw, (attempt, statusCode, retryAfterSeconds, random) => {
      const scheduledMs = standardDelaysMs[attempt - 1] ?? 0;
      const delay = delayMs({ number: attempt, statusCode, retryAfterSeconds }, random);
      assert.ok(delay >= retryAfterSeconds * 1000);
      assert.ok(delay >= Math.floor(scheduledMs * 0.9));
      assert.ok(delay <= Math.ceil(Math.max(scheduledMs, retryAfterSeconds * 1000) * 1.1));
    }),
  );
});

test('a shorter Retry-After does not hurry the schedule', () => {
  assert.equal(delayMs({ number: 2, statusCode: 429, retryAfterSeconds: 1 }, 0.5), 300_000);
});

test('Retry-After is heard on 429 and 503 only', () => {
  for (const statusCode of [null, 301, 400, 408, 500, 502, 504]) {
    assert.equal(delayMs({ number: 1, statusCode, retryAfterSeconds: 86_400 }, 0.5), 5000);
  }
});
