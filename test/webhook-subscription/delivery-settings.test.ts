// What may be set about deliveries, and the policy that comes of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/problem.js';
import { defaultDeliveryPolicy } from '../../src/webhook-subscription/delivery-policy.js';
import {
  checkDeliverySettings,
  compileDeliveryPolicy,
  type DeliverySettings,
  type DeliverySettingsInput,
  timeoutRange,
} from '../../src/webhook-subscription/delivery-settings.js';

const all: DeliverySettings = {
  retryPolicy: { exponential: { baseSeconds: 1 }, jitter: 0, successStatuses: ['2xx', '409'] },
  timeoutMs: 1000,
  rateLimit: { perSecond: 2.5 },
  maxConcurrency: 4,
  ordering: 'BY_KEY',
  whenExhausted: 'STOP',
  whilePaused: 'SKIP',
  disableAfterSeconds: 3600,
  targetStrategy: 'FAILOVER',
  handshake: 'CLOUDEVENTS',
};

test('who sets nothing shares the default policy', () => {
  assert.deepEqual(checkDeliverySettings({}), {});
  assert.deepEqual(checkDeliverySettings({ timeoutMs: null, retryPolicy: null }), {});
  assert.equal(compileDeliveryPolicy({}), defaultDeliveryPolicy);
});

test('what is set is in the policy, and the rest is the default', () => {
  const { retry, ...policy } = compileDeliveryPolicy(all);
  assert.deepEqual(policy, {
    timeoutMs: 1000,
    rateLimit: { perSecond: 2.5, burst: 3 },
    maxConcurrency: 4,
    ordering: 'BY_KEY',
    whenExhausted: 'STOP',
    whilePaused: 'SKIP',
    disableAfterMs: 3_600_000,
    targetStrategy: 'FAILOVER',
    handshake: 'CLOUDEVENTS',
  });
  assert.deepEqual([retry.name, retry.maxAttempts], ['EXPONENTIAL', 15]);
  assert.deepEqual(compileDeliveryPolicy({ timeoutMs: 2000 }), { ...defaultDeliveryPolicy, timeoutMs: 2000 });
});

test('what receivers allow lowers the rate and never raises it', () => {
  const rateOf = (agreedPerMinute: number, rateLimit?: { perSecond: number; burst?: number }) =>
    compileDeliveryPolicy({ agreedPerMinute, ...(rateLimit === undefined ? {} : { rateLimit }) }).rateLimit;
  assert.deepEqual(rateOf(150), { perSecond: 2.5, burst: 3 });
  assert.deepEqual(rateOf(30), { perSecond: 0.5, burst: 1 });
  assert.deepEqual(rateOf(60, { perSecond: 5, burst: 50 }), { perSecond: 1, burst: 1 });
  assert.deepEqual(rateOf(600, { perSecond: 20, burst: 2 }), { perSecond: 10, burst: 2 });
  assert.deepEqual(rateOf(300, { perSecond: 5, burst: 50 }), { perSecond: 5, burst: 50 });
  assert.deepEqual(rateOf(6000, { perSecond: 5, burst: 50 }), { perSecond: 5, burst: 50 });
  assert.equal(rateOf(999_999_999), null, 'more than a limit may be');
  assert.equal(checkDeliverySettings({ timeoutMs: 2000 }, { agreedPerMinute: 7 }).agreedPerMinute, 7);
});

test('a change keeps what it does not name, and null takes a value back to its default', () => {
  const changed = checkDeliverySettings(
    { timeoutMs: 5000, rateLimit: null, ordering: null, retryPolicy: undefined },
    all,
  );
  const { rateLimit, ordering, ...rest } = all;
  assert.deepEqual([rateLimit, ordering], [{ perSecond: 2.5 }, 'BY_KEY']);
  assert.deepEqual(changed, { ...rest, timeoutMs: 5000 });
});

test('a retry policy is given anew as a whole, and nulls in it are not kept', () => {
  const retryPolicy = { jitter: 0.5, exponential: { factor: 3, attempts: null }, delaysSeconds: null };
  assert.deepEqual(checkDeliverySettings({ retryPolicy }, all).retryPolicy, {
    jitter: 0.5,
    exponential: { factor: 3 },
  });
});

test('the burst is the limit of one second unless it is given', () => {
  const burst = (rateLimit: DeliverySettings['rateLimit']): number | undefined =>
    compileDeliveryPolicy(rateLimit === undefined ? {} : { rateLimit }).rateLimit?.burst;
  assert.deepEqual(
    [burst({ perSecond: 0.2 }), burst({ perSecond: 100 }), burst({ perSecond: 0.5, burst: 7 }), burst(undefined)],
    [1, 100, 7, undefined],
  );
});

const refused: readonly [DeliverySettingsInput, string, string][] = [
  [{ timeoutMs: 999 }, 'timeoutMs', 'must be a whole number from 1000 to 60000, got 999'],
  [{ timeoutMs: 60_001 }, 'timeoutMs', 'must be a whole number from 1000 to 60000, got 60001'],
  [{ rateLimit: { perSecond: 0 } }, 'rateLimit.perSecond', 'must be from 0.01 to 10000, got 0'],
  [{ rateLimit: { perSecond: 10_001 } }, 'rateLimit.perSecond', 'must be from 0.01 to 10000, got 10001'],
  [{ rateLimit: { perSecond: 1, burst: 0 } }, 'rateLimit.burst', 'must be a whole number from 1 to 10000, got 0'],
  [{ maxConcurrency: 0 }, 'maxConcurrency', 'must be a whole number from 1 to 1000, got 0'],
  [{ maxConcurrency: 1001 }, 'maxConcurrency', 'must be a whole number from 1 to 1000, got 1001'],
  [{ disableAfterSeconds: 59 }, 'disableAfterSeconds', 'must be a whole number from 60 to 2592000, got 59'],
  [{ disableAfterSeconds: 2_592_001 }, 'disableAfterSeconds', 'must be a whole number from 60 to 2592000, got 2592001'],
  [
    { retryPolicy: { exponential: { factor: 0.5 } } },
    'retryPolicy.exponential.factor',
    'must be from 1 to 10, got 0.5',
  ],
];
for (const [input, field, message] of refused) {
  test(`${JSON.stringify(input)} is refused: ${field} ${message}`, () => {
    assert.throws(
      () => checkDeliverySettings(input, all),
      (error) => error instanceof Problem && error.field === field && error.message === `${field} ${message}`,
    );
  });
}

test('both ends of a range are in it', () => {
  for (const timeoutMs of [timeoutRange.min, timeoutRange.max]) {
    assert.deepEqual(checkDeliverySettings({ timeoutMs }), { timeoutMs });
  }
});

test('settings of another version that are out of range do not compile', () => {
  assert.throws(() => compileDeliveryPolicy({ retryPolicy: { jitter: 7 } }), { field: 'retryPolicy.jitter' });
  assert.throws(() => compileDeliveryPolicy({ rateLimit: { perSecond: -1 } }), { field: 'rateLimit.perSecond' });
});
