// The queue of locked deliveries: lanes in turns, bounds that hold, and nothing that gets lost in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClaimedDelivery } from '../../src/delivery/delivery.js';
import { createDeliveryQueue, type DeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { eventOf } from '../kit/memory-stores.js';

let made = 0;
function claimed(lane: string, dataJson = '{}'): ClaimedDelivery {
  made += 1;
  const event = eventOf(made, { dataJson });
  const subscription = { id: lane, application: null };
  const delivery = createDelivery(`dlv_${made}`, event, subscription, new Date(0));
  return { delivery, lockedBy: 'me', lockedMs: 0, event };
}

function startQueue(bounds: Partial<Parameters<typeof createDeliveryQueue>[0]> = {}): DeliveryQueue {
  const clock = createFakeClock();
  return createDeliveryQueue({
    holder: 'me',
    maxWaiting: 100,
    maxWaitingBytes: 1000,
    maxRunningPerLane: 2,
    clock,
    ...bounds,
  });
}
const inLane = (subscriptionId: string) => ({ subscriptionId, priority: 'FIRST_ATTEMPT' as const });
const laneOf = (one: ClaimedDelivery | null): string | null => one?.delivery.subscriptionId ?? null;
const takeLanes = (queue: DeliveryQueue, slots = 1000): string[] => {
  const lanes: string[] = [];
  for (let one = queue.take(slots, 0); one !== null; one = queue.take(slots, 0))
    lanes.push(one.delivery.subscriptionId);
  return lanes;
};

test('lanes take turns, and within a lane the first comes first', () => {
  const queue = startQueue({ maxRunningPerLane: 10 });
  const [a1, a2, a3, b1] = [claimed('a'), claimed('a'), claimed('a'), claimed('b')];
  queue.offer([a1, a2, a3, b1]);
  assert.deepEqual(
    [queue.take(1000, 0), queue.take(1000, 0), queue.take(1000, 0), queue.take(1000, 0), queue.take(1000, 0)],
    [a1, b1, a2, a3, null],
  );
});

test('a lane runs no more than its bound and goes on when one of its deliveries is done', () => {
  const queue = startQueue();
  queue.offer([claimed('a'), claimed('a'), claimed('a'), claimed('b')]);
  assert.deepEqual(takeLanes(queue), ['a', 'b', 'a']);
  queue.done(inLane('b'), 0);
  assert.equal(queue.take(1000, 0), null);
  queue.done(inLane('a'), 0);
  assert.equal(laneOf(queue.take(1000, 0)), 'a');
  assert.equal(queue.take(1000, 0), null);
});

test('room counts waiting deliveries and bytes, not running ones', () => {
  const queue = startQueue({ maxWaiting: 2, maxWaitingBytes: 10 });
  assert.equal(queue.room, 2);
  queue.offer([claimed('a', '12345')]);
  assert.equal(queue.room, 1);
  queue.take(1000, 0);
  assert.equal(queue.room, 2);
  queue.offer([claimed('a', '1234567890')]);
  assert.equal(queue.room, 0);
});

test('a reservation takes what fits, keeps its room and gives it back', () => {
  const queue = startQueue({ maxWaiting: 3 });
  const planned = [claimed('a'), claimed('b'), claimed('c'), claimed('d')].map(({ delivery, event }) => ({
    delivery,
    event: event ?? eventOf(1),
  }));
  const own = queue.reserve(planned, 0);
  assert.deepEqual(own, planned.slice(0, 3));
  assert.equal(queue.room, 0);
  assert.deepEqual(queue.reserve(planned, 0), []);
  queue.release(own);
  assert.equal(queue.room, 3);
});

test('whoever takes is woken by offers, by more in the database, and by an end that makes room', () => {
  const queue = startQueue();
  let wakes = 0;
  queue.onWake(() => {
    wakes += 1;
  });
  queue.offer([]);
  assert.equal(wakes, 0);
  queue.offer([claimed('a'), claimed('a'), claimed('a')]);
  assert.equal(wakes, 1);
  takeLanes(queue);
  queue.done(inLane('a'), 0);
  assert.equal(wakes, 2);
  queue.hasMore();
  assert.equal(wakes, 3);
  assert.equal(queue.takeMore(), true);
  assert.equal(queue.takeMore(), false);
  takeLanes(queue);
  queue.done(inLane('a'), 0);
  assert.equal(wakes, 3);
});

test('draining takes everything out that has not begun, and from then on there is no room', () => {
  const queue = startQueue();
  const all = [claimed('a'), claimed('a'), claimed('b')];
  queue.offer(all);
  const taken = queue.take(1000, 0);
  assert.deepEqual(new Set([taken, ...queue.drain()]), new Set(all));
  assert.deepEqual([queue.waiting, queue.take(1000, 0), queue.room], [0, null, 0]);
  assert.deepEqual(queue.reserve([{ delivery: claimed('a').delivery, event: eventOf(1) }], 0), []);
});

test('the end of a delivery of an unknown lane does nothing', () => {
  const queue = startQueue();
  queue.done(inLane('nobody'), 0);
  assert.equal(queue.take(1000, 0), null);
});

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('offer' as const), lane: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('done' as const), lane: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('drain' as const) }) },
  ),
  { maxLength: 200 },
);

test('after any steps each delivery was taken once, bounds held, and a lane with room is never passed over', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 8 }),
      (list, maxRunningPerLane, slots) => {
        const queue = startQueue({ maxRunningPerLane });
        const waiting: ClaimedDelivery[] = [];
        const running = new Map<string, number>();
        const runningIn = (lane: string): number => running.get(lane) ?? 0;
        for (const step of list) {
          if (step.kind === 'offer') {
            const one = claimed(step.lane);
            waiting.push(one);
            queue.offer([one]);
          } else if (step.kind === 'drain') {
            assert.deepEqual(new Set(queue.drain()), new Set(waiting.splice(0)));
          } else if (step.kind === 'done') {
            if (runningIn(step.lane) === 0) continue;
            running.set(step.lane, runningIn(step.lane) - 1);
            queue.done(inLane(step.lane), 0);
          } else {
            const free = slots - [...running.values()].reduce((sum, some) => sum + some, 0);
            if (free === 0) continue;
            const taken = queue.take(slots, 0);
            const possible = waiting.filter(({ delivery: { subscriptionId } }) => {
              const own = runningIn(subscriptionId);
              return own < maxRunningPerLane && (own === 0 || own < free);
            });
            if (taken === null) {
              assert.deepEqual(possible, []);
              continue;
            }
            assert.ok(possible.includes(taken));
            const lane = taken.delivery.subscriptionId;
            assert.equal(
              taken,
              waiting.find((one) => one.delivery.subscriptionId === lane),
            );
            waiting.splice(waiting.indexOf(taken), 1);
            running.set(lane, runningIn(lane) + 1);
            assert.ok(runningIn(lane) <= maxRunningPerLane);
          }
          assert.equal(queue.waiting, waiting.length);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('however many lanes hang, a place stays free for the next, and one lane alone gets its bound', () => {
  for (let lanes = 1; lanes < 16; lanes += 1) {
    const queue = startQueue({ maxRunningPerLane: 8 });
    for (let index = 0; index < 16 * lanes; index += 1) queue.offer([claimed(`hangs ${index % lanes}`)]);
    const taken = takeLanes(queue, 16);
    assert.ok(taken.length < 16, `${lanes} lanes`);
    assert.ok(taken.length >= 8);
    queue.offer([claimed('next')]);
    assert.deepEqual(takeLanes(queue, 16), ['next']);
  }
});

test('however many lanes are full, there is room for the next, and one lane alone gets half of it', () => {
  const queue = startQueue({ maxWaiting: 100, maxWaitingBytes: 1e9 });
  const fill = (lane: string): number => {
    const planned = Array.from({ length: 200 }, () => ({ delivery: claimed(lane).delivery, event: eventOf(1) }));
    const own = queue.reserve(planned, 0);
    queue.offer(own.map(({ delivery, event }) => ({ delivery, event, lockedBy: 'me', lockedMs: 0 })));
    queue.release(own);
    return own.length;
  };
  const filled = ['a', 'b', 'c', 'd', 'e'].map(fill);
  assert.deepEqual(filled, [50, 25, 13, 6, 3]);
  assert.equal(queue.room, 3);
});

test('a lane in which nothing ends has little room, and what does not fit is put off longer and longer', () => {
  const queue = startQueue({ maxRunningPerLane: 2 });
  const fits = (lane: string, nowMs: number): boolean => {
    const own = queue.reserve([{ delivery: claimed(lane).delivery, event: null }], nowMs);
    queue.release(own);
    return own.length === 1;
  };
  queue.offer([claimed('a'), claimed('a'), claimed('a')]);
  queue.take(10, 1000);
  assert.deepEqual([fits('a', 2000), fits('a', 2001), fits('other', 2001)], [true, false, true]);
  const putOff = Array.from({ length: 200 }, () => queue.turnAway(inLane('a'), 2001) ?? assert.fail());
  assert.ok(putOff[0] !== undefined && putOff[0] >= 15_000 && putOff[0] < 20_000);
  assert.deepEqual(
    putOff,
    [...putOff].sort((one, two) => one - two),
  );
  assert.equal(putOff.at(-1), 300_000);
  queue.done(inLane('a'), 5000);
  assert.equal(fits('a', 5500), true);
});

test('what is turned away from a lane in which things move is asked for again when the lane has room', () => {
  const queue = startQueue({ maxRunningPerLane: 1 });
  queue.offer([claimed('a'), claimed('a'), claimed('a'), claimed('a')]);
  queue.take(10, 1000);
  assert.equal(queue.turnAway(inLane('a'), 2000), null);
  assert.equal(queue.takeMore(), false);
  queue.done(inLane('a'), 2000);
  queue.take(10, 2000);
  assert.equal(queue.takeMore(), false);
  queue.done(inLane('a'), 2100);
  queue.take(10, 2100);
  queue.done(inLane('a'), 2200);
  assert.equal(queue.takeMore(), true);
});

test('ten thousand lanes come and go without leaving anything behind', () => {
  const queue = startQueue({ maxWaiting: 100_000, maxWaitingBytes: 1e9, maxRunningPerLane: 1 });
  for (let index = 0; index < 10_000; index += 1) queue.offer([claimed(`lane ${index}`)]);
  const lanes = takeLanes(queue);
  assert.equal(new Set(lanes).size, 10_000);
  for (const lane of lanes) queue.done(inLane(lane), 0);
  assert.deepEqual([queue.waiting, queue.room, queue.take(1000, 0)], [0, 100_000, null]);
});
