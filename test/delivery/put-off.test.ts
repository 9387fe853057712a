// Due deliveries that a lane has no room for: each is put off once, to about its turn, so that others are found behind them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import type { Gate } from '../../src/delivery/lane.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { eventOf } from '../kit/memory-stores.js';

const inLane = { subscriptionId: 'a', priority: 'FIRST_ATTEMPT' as const };

function startQueue(gate: Gate | null = null) {
  const bounds = { holder: 'me', maxWaiting: 1000, maxWaitingBytes: 1e9, maxRunningPerLane: 2 };
  return createDeliveryQueue({ ...bounds, clock: createFakeClock(), gateOf: () => gate });
}

function claimed(lockedMs = 0) {
  const event = eventOf(1);
  const delivery = createDelivery('dlv_1', event, { id: 'a', application: null }, new Date(0));
  return { delivery, lockedBy: 'me', lockedMs, event };
}

test('a hundred thousand that a rate holds back are put off one interval apart, none sooner than a poll', () => {
  const gate = { enter: () => 1, waitMs: () => 0, giveBack: () => undefined, maxRunning: 2, maxWaiting: 20 };
  const queue = startQueue({ ...gate, spacingMs: 100 });
  const delays = Array.from({ length: 100_000 }, () => queue.turnAway(inLane, 0) ?? assert.fail());
  assert.equal(delays[0], 1000);
  assert.equal(delays[50_000], 5_000_000);
  assert.equal(delays.at(-1), 9_999_900);
});

test('what a slow lane has no room for is put off at the pace that was seen, and what begins soon stays due', () => {
  const queue = startQueue();
  queue.offer(Array.from({ length: 200 }, () => claimed()));
  let nowMs = 0;
  queue.take(10, nowMs);
  assert.equal(queue.turnAway(inLane, nowMs), null);
  for (let ended = 0; ended < 50; ended += 1) {
    nowMs += 18;
    queue.done(inLane, nowMs);
    queue.take(10, nowMs);
  }
  const delayMs = queue.turnAway(inLane, nowMs) ?? assert.fail();
  assert.ok(delayMs > 2000 && delayMs < 4000, `${delayMs}`);
});

test('a lane that was interrupted for seconds is not taken for that slow', () => {
  const queue = startQueue();
  queue.offer(Array.from({ length: 200 }, () => claimed()));
  let nowMs = 0;
  queue.take(10, nowMs);
  for (let ended = 0; ended < 50; ended += 1) {
    nowMs += ended === 40 ? 5000 : 5;
    queue.done(inLane, nowMs);
    queue.take(10, nowMs);
  }
  assert.equal(queue.turnAway(inLane, nowMs), null);
});

test('what waited too long behind its lock is taken out, and nothing else', () => {
  const queue = startQueue();
  queue.offer([claimed(0), claimed(0), claimed(30_000)]);
  assert.equal(queue.takeOld(45_000).length, 0);
  assert.equal(queue.takeOld(45_001).length, 2);
  assert.equal(queue.waiting, 1);
  assert.equal(queue.takeOld(80_000).length, 1);
  assert.deepEqual([queue.waiting, queue.room, queue.loadOf('a')], [0, 1000, { running: 0, waiting: 0 }]);
});
