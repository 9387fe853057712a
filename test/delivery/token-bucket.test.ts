// The rate limit: never more than allowed over any span of time, and never less than could be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTokenBucket } from '../../src/delivery/token-bucket.js';
import type { RateLimit } from '../../src/webhook-subscription/delivery-policy.js';

const limits = fc.record({
  perSecond: fc.oneof(fc.double({ min: 0.01, max: 10, noNaN: true }), fc.integer({ min: 1, max: 10_000 })),
  burst: fc.integer({ min: 1, max: 50 }),
});
const gapsMs = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 }), fc.double({ min: 0, max: 5000 })), {
  maxLength: 200,
});

/** Instants of which a token was got. */
function takeAt(limit: RateLimit, instants: readonly number[]): number[] {
  const bucket = createTokenBucket(limit);
  return instants.filter((instant) => bucket.take(instant));
}

function toInstants(gaps: readonly number[], startMs: number): number[] {
  let nowMs = startMs;
  return gaps.map((gap) => {
    nowMs += Number.isNaN(gap) ? 0 : gap;
    return nowMs;
  });
}

test('gives the burst at once and then one token for each interval', () => {
  const bucket = createTokenBucket({ perSecond: 10, burst: 3 });
  assert.deepEqual(
    [bucket.take(0), bucket.take(0), bucket.take(0), bucket.take(0), bucket.waitMs(0)],
    [true, true, true, false, 100],
  );
  assert.deepEqual([bucket.take(99), bucket.waitMs(99), bucket.waitMs(100)], [false, 1, 0]);
  assert.deepEqual([bucket.take(100), bucket.take(100)], [true, false]);
});

test('a rest fills it again up to the burst and no further', () => {
  const bucket = createTokenBucket({ perSecond: 1000, burst: 5 });
  for (let count = 0; count < 5; count += 1) bucket.take(0);
  assert.equal([1, 2, 3, 4, 5, 6].filter(() => bucket.take(1_000_000)).length, 5);
});

test('asking how long to wait takes nothing', () => {
  const bucket = createTokenBucket({ perSecond: 1, burst: 1 });
  assert.deepEqual([bucket.waitMs(0), bucket.waitMs(0), bucket.take(0)], [0, 0, true]);
});

test('over any span of time it gives at most the burst and what comes in', () => {
  fc.assert(
    fc.property(limits, gapsMs, fc.integer({ min: 0, max: 1e9 }), (limit, gaps, startMs) => {
      const taken = takeAt(limit, toInstants(gaps, startMs));
      for (const [from, fromMs] of taken.entries()) {
        for (let to = from; to < taken.length; to += 1) {
          const seconds = ((taken[to] ?? 0) - fromMs) / 1000;
          assert.ok(to - from + 1 <= limit.burst + limit.perSecond * seconds + 1e-3);
        }
      }
    }),
  );
});

test('who waits as long as it says gets a token, and nobody waits longer than an interval', () => {
  fc.assert(
    fc.property(limits, gapsMs, (limit, gaps) => {
      const bucket = createTokenBucket(limit);
      for (const nowMs of toInstants(gaps, 0)) {
        if (bucket.take(nowMs)) continue;
        const waitMs = bucket.waitMs(nowMs);
        assert.ok(waitMs >= 1 && waitMs <= Math.ceil(1000 / limit.perSecond) && Number.isInteger(waitMs));
      }
      const last = toInstants(gaps, 0).at(-1) ?? 0;
      const atMs = last + bucket.waitMs(last);
      assert.ok(bucket.take(atMs));
    }),
  );
});

test('who always asks gets what the limit allows in the long run', () => {
  fc.assert(
    fc.property(limits, fc.integer({ min: 1, max: 60 }), (limit, seconds) => {
      // A burst that does not bridge a millisecond loses what comes in between two of them.
      fc.pre(limit.perSecond <= 1000 * (limit.burst - 1));
      const bucket = createTokenBucket(limit);
      let got = 0;
      for (let nowMs = 0; nowMs <= seconds * 1000 && got < 2000; nowMs += Math.max(1, bucket.waitMs(nowMs))) {
        while (got < 2000 && bucket.take(nowMs)) got += 1;
      }
      assert.ok(
        got >= Math.min(2000, Math.floor(limit.burst + limit.perSecond * seconds - limit.perSecond / 1000 - 1)),
      );
    }),
  );
});

test('time that goes back gives nothing', () => {
  fc.assert(
    fc.property(limits, fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 100 }), (limit, instants) => {
      const [one, other] = [createTokenBucket(limit), createTokenBucket(limit)];
      let latestMs = 0;
      for (const instant of instants) {
        latestMs = Math.max(latestMs, instant);
        assert.equal(one.take(instant), other.take(latestMs));
      }
    }),
  );
});

test('under another limit what was taken stays taken', () => {
  const bucket = createTokenBucket({ perSecond: 10, burst: 4 });
  assert.deepEqual([bucket.take(0), bucket.take(0), bucket.take(0)], [true, true, true]);
  bucket.change({ perSecond: 2, burst: 4 }, 0);
  assert.deepEqual([bucket.take(0), bucket.take(0), bucket.waitMs(0)], [true, false, 500]);
  bucket.change({ perSecond: 100, burst: 2 }, 0);
  assert.deepEqual([bucket.take(0), bucket.waitMs(0)], [false, 10]);
  bucket.change({ perSecond: 100, burst: 20 }, 0);
  assert.equal(Array.from({ length: 30 }, () => bucket.take(0)).filter(Boolean).length, 18);
});
