// Priorities: first attempts are not starved by retries or replays, and these get on too; on the way into a process as in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ClaimedDelivery, type Priority, priorities } from '../../src/delivery/delivery.js';
import { createDeliveryQueue, type DeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import { createTurns, fillByTurns } from '../../src/delivery/turns.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { eventOf } from '../kit/memory-stores.js';

let made = 0;
function claimed(priority: Priority, lane = `lane ${made}`): ClaimedDelivery {
  made += 1;
  const event = eventOf(made);
  const delivery = createDelivery(`dlv_${made}`, event, { id: lane, application: null }, new Date(0));
  return { delivery: { ...delivery, priority }, lockedBy: 'me', lockedMs: 0, event };
}

function startQueue(maxWaiting = 10_000, maxRunningPerLane = 4): DeliveryQueue {
  return createDeliveryQueue({
    holder: 'me',
    maxWaiting,
    maxWaitingBytes: 1e9,
    maxRunningPerLane,
    clock: createFakeClock(),
  });
}

const some = (count: number, priority: Priority): ClaimedDelivery[] =>
  Array.from({ length: count }, () => claimed(priority));
const countOf = (taken: readonly (ClaimedDelivery | null)[], priority: Priority): number =>
  taken.filter((one) => one?.delivery.priority === priority).length;

test('of sixteen places twelve go to first attempts, three to retries and one to replays when all have enough', () => {
  const found = { FIRST_ATTEMPT: Array(99).fill('f'), RETRY: Array(99).fill('r'), REPLAY: Array(99).fill('p') };
  assert.equal(fillByTurns(createTurns(), 16, found).join(''), 'fffrfffrfffrfffp');
});

test('places that one priority does not need go to the others', () => {
  const found = { FIRST_ATTEMPT: [1, 2], RETRY: [], REPLAY: [3, 4, 5] };
  assert.deepEqual(fillByTurns(createTurns(), 10, found), [1, 2, 3, 4, 5]);
  assert.deepEqual(fillByTurns(createTurns(), 3, found), [1, 2, 3]);
});

test('batches of a single place give each priority its part', () => {
  const turns = createTurns();
  const found = { FIRST_ATTEMPT: ['f'], RETRY: ['r'], REPLAY: ['p'] };
  const taken = Array.from({ length: 160 }, () => fillByTurns(turns, 1, found)[0]);
  const counts = ['f', 'r', 'p'].map((kind) => taken.filter((one) => one === kind).length);
  assert.deepEqual(counts, [120, 30, 10]);
});

test('asking for more than there is passes no priority over', () => {
  const queue = startQueue();
  queue.offer([...some(200, 'FIRST_ATTEMPT'), ...some(50, 'RETRY'), ...some(20, 'REPLAY')]);
  const taken: (ClaimedDelivery | null)[] = [];
  for (let round = 0; round < 160; round += 1) {
    const one = queue.take(1, 0);
    taken.push(one);
    // A search without a free place, as Agenda makes one beside each end.
    queue.offer([]);
    if (one !== null) queue.done(one.delivery, 0);
  }
  assert.deepEqual(
    priorities.map((priority) => countOf(taken, priority)),
    [120, 30, 10],
  );
});

test('first attempts that never end make no retry wait for ever, one place at a time', () => {
  const queue = startQueue();
  queue.offer([...some(400, 'FIRST_ATTEMPT'), ...some(40, 'RETRY'), ...some(40, 'REPLAY')]);
  const running: ClaimedDelivery[] = [];
  const begun: ClaimedDelivery[] = [];
  for (let round = 0; round < 200; round += 1) {
    while (running.length < 8) {
      const one = queue.take(8, 0);
      if (one === null) break;
      running.push(one);
      begun.push(one);
    }
    const ended = running.shift();
    if (ended !== undefined) queue.done(ended.delivery, 0);
  }
  assert.ok(countOf(begun, 'RETRY') >= 30, `${countOf(begun, 'RETRY')} retries`);
  assert.ok(countOf(begun, 'REPLAY') >= 10, `${countOf(begun, 'REPLAY')} replays`);
  assert.ok(countOf(begun, 'FIRST_ATTEMPT') >= 140);
});

test('retries and replays that hang leave a quarter of the places to first attempts', () => {
  const queue = startQueue();
  queue.offer([...some(100, 'REPLAY'), ...some(100, 'RETRY')]);
  const hanging: ClaimedDelivery[] = [];
  for (let one = queue.take(16, 0); one !== null; one = queue.take(16, 0)) hanging.push(one);
  assert.equal(hanging.length, 12);
  assert.ok(countOf(hanging, 'REPLAY') <= 8);
  queue.offer(some(10, 'FIRST_ATTEMPT'));
  const taken = [queue.take(16, 0), queue.take(16, 0), queue.take(16, 0), queue.take(16, 0)];
  assert.equal(countOf(taken, 'FIRST_ATTEMPT'), 4);
});

test('retries and replays that wait leave a quarter of the room to first attempts', () => {
  const queue = startQueue(100);
  const replays = queue.reserve(some(100, 'REPLAY'), 0);
  const retries = queue.reserve(some(100, 'RETRY'), 0);
  assert.deepEqual([replays.length, retries.length], [50, 25]);
  assert.equal(queue.reserve(some(100, 'FIRST_ATTEMPT'), 0).length, 25);
});

test('a lane whose gate is full of replays has room for its first attempts, and puts them off among themselves', () => {
  const gate = { enter: () => 60_000, waitMs: () => 0, giveBack: () => undefined };
  const clock = createFakeClock();
  const queue = createDeliveryQueue({
    holder: 'me',
    maxWaiting: 10_000,
    maxWaitingBytes: 1e9,
    maxRunningPerLane: 4,
    clock,
    gateOf: () => ({ ...gate, maxRunning: 4, maxWaiting: 20, spacingMs: 1000 }),
  });
  const replays = Array.from({ length: 1000 }, () => claimed('REPLAY', 'one'));
  const own = queue.reserve(replays, 0);
  queue.offer(replays.slice(0, own.length));
  queue.release(own);
  assert.equal(own.length, 20);
  for (const { delivery } of replays.slice(20)) queue.turnAway(delivery, 0);
  const first = claimed('FIRST_ATTEMPT', 'one');
  assert.equal(queue.reserve([first], 0).length, 1);
  assert.ok((queue.turnAway(first.delivery, 0) ?? 0) <= 1000);
  assert.ok((queue.turnAway(claimed('REPLAY', 'one').delivery, 0) ?? 0) > 900_000);
});

const arrivals = fc.array(
  fc.record({
    offers: fc.array(fc.constantFrom(...priorities), { maxLength: 12 }),
    ends: fc.integer({ min: 0, max: 8 }),
  }),
  { minLength: 5, maxLength: 80 },
);

test('whatever arrives, of sixteen taken in a row each priority that always waited had at least its part', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 4, max: 12 }), (steps, slots) => {
      const queue = startQueue();
      const waiting: Record<Priority, number> = { FIRST_ATTEMPT: 0, RETRY: 0, REPLAY: 0 };
      const running: ClaimedDelivery[] = [];
      /** Of each take, what was taken and what might have been: lower ones only while they had not used up their part. */
      const takes: { readonly taken: Priority; readonly possible: ReadonlySet<Priority> }[] = [];
      const possible = (): Set<Priority> => {
        const replays = countOf(running, 'REPLAY');
        const lower = replays + countOf(running, 'RETRY');
        const isLowerFree = lower === 0 || lower < slots * 0.75;
        const isReplayFree = isLowerFree && (replays === 0 || replays < slots * 0.5);
        const free = { FIRST_ATTEMPT: true, RETRY: isLowerFree, REPLAY: isReplayFree };
        return new Set(priorities.filter((priority) => waiting[priority] > 0 && free[priority]));
      };
      for (const { offers, ends } of steps) {
        for (const priority of offers) {
          queue.offer([claimed(priority)]);
          waiting[priority] += 1;
        }
        while (running.length < slots) {
          const could = possible();
          const one = queue.take(slots, 0);
          if (one === null) {
            assert.equal(could.size, 0);
            break;
          }
          const { priority } = one.delivery;
          assert.ok(could.has(priority));
          takes.push({ taken: priority, possible: could });
          waiting[priority] -= 1;
          running.push(one);
        }
        for (const ended of running.splice(0, ends)) queue.done(ended.delivery, 0);
      }
      const parts = { FIRST_ATTEMPT: 12, RETRY: 3, REPLAY: 1 };
      for (let from = 0; from + 16 <= takes.length; from += 1) {
        const window = takes.slice(from, from + 16);
        for (const priority of priorities) {
          if (!window.every((one) => one.possible.has(priority))) continue;
          assert.ok(window.filter(({ taken }) => taken === priority).length >= parts[priority]);
        }
      }
    }),
    { numRuns: 300 },
  );
});
