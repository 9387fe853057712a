// A large replay in the queue of a process: first attempts find room, and go before it, to the same receiver or another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Priority } from '../../src/delivery/delivery.js';
import { createDeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import type { Gate } from '../../src/delivery/lane.js';
import { maxUnfinished } from '../../src/delivery/replay-runner.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { eventOf } from '../kit/memory-stores.js';

const clock = createFakeClock();
const now = clock.now();

function setUp(gate: Gate | null = null) {
  const queue = createDeliveryQueue({
    holder: 'node',
    maxWaiting: 20_000,
    maxWaitingBytes: 10_000_000,
    maxRunningPerLane: 32,
    clock,
    gateOf: () => gate,
  });
  let count = 0;
  /** Offers so many; answers how many there was room for. */
  const offer = (priority: Priority, subscription: string, many: number): number => {
    const some = Array.from({ length: many }, () => {
      count += 1;
      const event = eventOf(count);
      const delivery = createDelivery(`dlv_${count}`, event, { id: subscription, application: null }, now);
      return { delivery: { ...delivery, priority }, event, lockedBy: 'node', lockedMs: 0 };
    });
    const own = queue.reserve(some, 0);
    queue.offer(own);
    queue.release(own);
    return own.length;
  };
  return { queue, offer };
}

for (const subscription of ['replayed', 'other']) {
  test(`behind all that a replay may have unfinished, first attempts to ${subscription === 'other' ? 'another' : 'the same'} receiver find room and go first`, () => {
    const { queue, offer } = setUp();
    assert.equal(offer('REPLAY', 'replayed', maxUnfinished), maxUnfinished);
    assert.equal(offer('FIRST_ATTEMPT', subscription, 150), 150);
    const taken: Priority[] = [];
    for (let times = 0; times < 160; times += 1) {
      const one = queue.take(64, 0) ?? assert.fail('nothing to take');
      taken.push(one.delivery.priority);
      queue.done(one.delivery, 0);
    }
    // One turn in sixteen begins with replays; the others go to first attempts while there are any.
    const first = taken.filter((priority) => priority === 'FIRST_ATTEMPT').length;
    assert.deepEqual([first, taken.length - first], [150, 10]);
  });
}

test('a replay that runs leaves half of the places to first attempts', () => {
  const { queue, offer } = setUp();
  for (const lane of ['a', 'b', 'c', 'd', 'e', 'f']) offer('REPLAY', lane, 60);
  let running = 0;
  while (queue.take(64, 0) !== null) running += 1;
  assert.equal(running, 32);
  assert.equal(offer('FIRST_ATTEMPT', 'g', 5), 5);
  for (let times = 0; times < 5; times += 1) assert.equal(queue.take(64, 0)?.delivery.priority, 'FIRST_ATTEMPT');
});

test('behind a replay to a receiver with a rate limit, a first attempt is put off by first attempts alone', () => {
  const gate = {
    enter: () => 0,
    waitMs: () => 0,
    giveBack: () => undefined,
    maxRunning: 32,
    maxWaiting: 20,
    spacingMs: 100,
  };
  const { queue, offer } = setUp(gate);
  assert.equal(offer('REPLAY', 'a', 500), 20);
  const slots = (priority: Priority, many: number): (number | null)[] =>
    Array.from({ length: many }, () => queue.turnAway({ subscriptionId: 'a', priority }, 0));
  assert.deepEqual(slots('REPLAY', 3), [2000, 2100, 2200]);
  for (let times = 0; times < 400; times += 1) queue.turnAway({ subscriptionId: 'a', priority: 'REPLAY' }, 0);
  assert.equal(offer('FIRST_ATTEMPT', 'a', 25), 20);
  assert.deepEqual(slots('FIRST_ATTEMPT', 2), [2000, 2100]);
  assert.equal(queue.take(64, 0)?.delivery.priority, 'FIRST_ATTEMPT');
});
