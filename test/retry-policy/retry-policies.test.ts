// One suite for every retry policy: what the worker relies on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findRetryPolicy, retryPolicies } from '../../src/retry-policy/retry-policies.js';

const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const statusCode = fc.option(fc.integer({ min: 300, max: 599 }));
const retryAfterSeconds = fc.option(fc.integer({ min: 0, max: 86_400 }));
const elapsedMs = fc.nat();

for (const policy of retryPolicies) {
  test(`${policy.name} answers whole delays of 0 or more, and gives up at its last attempt`, () => {
    const number = fc.integer({ min: 1, max: policy.maxAttempts + 5 });
    fc.assert(
      fc.property(fc.record({ number, statusCode, retryAfterSeconds, elapsedMs }), draw, (attempt, random) => {
        const decision = policy.judge(attempt, () => random);
        if (attempt.number >= policy.maxAttempts) assert.deepEqual(decision, { kind: 'exhausted' });
        if (decision.kind === 'retry') assert.ok(Number.isSafeInteger(decision.delayMs) && decision.delayMs >= 0);
      }),
    );
  });

  test(`${policy.name} decides alike for the same attempt and the same draw`, () => {
    const number = fc.integer({ min: 1, max: policy.maxAttempts });
    fc.assert(
      fc.property(fc.record({ number, statusCode, retryAfterSeconds, elapsedMs }), draw, (attempt, random) => {
        assert.deepEqual(
          policy.judge(attempt, () => random),
          policy.judge(attempt, () => random),
        );
      }),
    );
  });

  test(`${policy.name} is found by its name`, () => {
    assert.equal(findRetryPolicy(policy.name), policy);
  });
}

test('a name that no policy has finds nothing', () => {
  assert.equal(findRetryPolicy('NONE'), null);
});
