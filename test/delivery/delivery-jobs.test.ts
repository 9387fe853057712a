// Deliveries through the real Agenda, whose timers and clock are held still: what runs when, how much at once, and what
// becomes of it when the process stops.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Clock } from '../../src/clock.js';
import { createClaimer } from '../../src/delivery/claim.js';
import type { ClaimedDelivery, Delivery } from '../../src/delivery/delivery.js';
import { createDeliveryJobs, type DeliveryJobs } from '../../src/delivery/delivery-jobs.js';
import { createDeliveryQueue, type DeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import { settle } from '../kit/fake-clock.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
  type RecordedLog,
} from '../kit/memory-stores.js';

/** Agenda reads the process's own clock and timers, so these are what stands still here. */
const mockedClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

async function pass(ms: number, stepMs = 100): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    mock.timers.tick(Math.min(stepMs, left));
    await settle(8);
  }
}

interface Setup {
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly queue: DeliveryQueue;
  readonly jobs: DeliveryJobs;
  readonly log: RecordedLog;
  /** Deliveries begun, in order. */
  readonly begun: ClaimedDelivery[];
  /** Deliveries finished, in order. */
  readonly finished: string[];
  /** Most at the same time, in all and of one webhook subscription. */
  readonly most: { all: number; lane: number };
  /** What making a delivery takes; default: nothing. */
  work: (claimed: ClaimedDelivery) => Promise<void>;
}

const setups: Setup[] = [];
beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.UTC(2026, 0, 1) }));
afterEach(async () => {
  for (const { jobs } of setups.splice(0)) {
    const stopped = jobs.stop(100);
    await pass(1000);
    await stopped;
  }
  mock.timers.reset();
});

interface Bounds {
  readonly concurrency?: number;
  readonly perLane?: number;
  readonly maxWaiting?: number;
}

async function start(bounds: Bounds = {}, database = createMemoryDatabase()): Promise<Setup> {
  const { concurrency = 8, perLane = 2, maxWaiting = 100 } = bounds;
  const stores = createMemoryStores(database);
  const log = createRecordedLog();
  const queue = createDeliveryQueue({
    holder: `holder-${setups.length}`,
    maxWaiting,
    maxWaitingBytes: 1e9,
    maxRunningPerLane: perLane,
    clock: mockedClock,
  });
  const running = new Map<string, number>();
  const count = (lane: string, by: number): void => {
    running.set(lane, (running.get(lane) ?? 0) + by);
    const all = [...running.values()].reduce((sum, some) => sum + some, 0);
    setup.most.all = Math.max(setup.most.all, all);
    setup.most.lane = Math.max(setup.most.lane, ...running.values());
  };
  async function deliver(claimed: ClaimedDelivery): Promise<void> {
    const { id, subscriptionId } = claimed.delivery;
    setup.begun.push(claimed);
    count(subscriptionId, 1);
    try {
      await setup.work(claimed);
      const end = { status: 'SUCCEEDED', attemptCount: 1, nextAttemptAt: null, finishedAt: new Date() } as const;
      await stores.deliveries.finish(id, claimed.lockedBy, end);
      setup.finished.push(id);
    } finally {
      count(subscriptionId, -1);
    }
  }
  const claimer = createClaimer({ ...stores, queue, isHeldUp: () => false, clock: mockedClock, log });
  const jobs = createDeliveryJobs({
    ...stores,
    queue,
    claimer,
    deliver,
    clock: mockedClock,
    engineClock: mockedClock,
    log,
    concurrency,
  });
  const work = async (): Promise<void> => undefined;
  const setup: Setup = { database, stores, queue, jobs, log, begun: [], finished: [], most: { all: 0, lane: 0 }, work };
  setups.push(setup);
  await jobs.start();
  await settle();
  return setup;
}

let made = 0;
function deliveryFor(lane: string, dueInMs = 0): Delivery {
  made += 1;
  const id = `dlv_${String(made).padStart(24, '0')}`;
  const due = new Date(Date.now() + dueInMs);
  return { ...createDelivery(id, eventOf(1), { id: lane, application: null }, due), eventId: `e${made}` };
}

/** Puts due deliveries into the database, with their events, and says so as planning does. */
async function due({ stores, queue, database }: Setup, lanes: readonly string[], dueInMs = 0): Promise<Delivery[]> {
  const deliveries = lanes.map((lane) => deliveryFor(lane, dueInMs));
  for (const { eventId } of deliveries)
    database.events.push({ item: newEventOf(eventId), sequence: database.events.length + 1 });
  await stores.deliveries.insert(deliveries, null);
  queue.hasMore();
  return deliveries;
}

/** Puts deliveries that are locked already into the queue, as planning does with what there is room for. */
async function offer({ stores, queue }: Setup, lanes: readonly string[]): Promise<Delivery[]> {
  const deliveries = lanes.map((lane) => deliveryFor(lane));
  const lock = { by: queue.holder, at: new Date() };
  await stores.deliveries.insert(deliveries, lock);
  const lockedMs = mockedClock.monotonicMs();
  queue.offer(deliveries.map((delivery) => ({ delivery, lockedBy: lock.by, lockedMs, event: eventOf(1) })));
  return deliveries;
}

const many = (count: number, lane: string | ((index: number) => string)): string[] =>
  Array.from({ length: count }, (_, index) => (typeof lane === 'string' ? lane : lane(index)));
const locked = ({ database }: Setup): string[] =>
  [...database.deliveries.values()].filter(({ lockedAt }) => lockedAt !== null).map(({ delivery }) => delivery.id);
const unfinished = ({ database }: Setup): string[] =>
  [...database.deliveries.values()]
    .filter(({ delivery }) => delivery.status === 'PENDING')
    .map((one) => one.delivery.id);
const never = (): Promise<void> => new Promise(() => undefined);

test('what is offered is made at once, without a poll', async () => {
  const setup = await start();
  const offered = await offer(setup, ['a', 'b']);
  await settle();
  assert.deepEqual(
    setup.finished.sort(),
    offered.map(({ id }) => id),
  );
});

test('with one at a time, fifty deliveries need no poll between them', async () => {
  const setup = await start({ concurrency: 1, perLane: 1 });
  await offer(setup, many(50, 'a'));
  await settle(500);
  assert.equal(setup.finished.length, 50);
  assert.deepEqual(setup.most, { all: 1, lane: 1 });
});

test('what is due in the database is claimed as soon as it is known, with its event', async () => {
  const setup = await start();
  const [delivery] = await due(setup, ['a']);
  await settle();
  assert.deepEqual(setup.finished, [delivery?.id]);
  assert.equal(setup.begun[0]?.event?.id, delivery?.eventId);
});

test('what becomes due is found by the poll within a second, and never made before its time', async () => {
  const setup = await start();
  await due(setup, ['a'], 1500);
  await pass(1400);
  assert.deepEqual(setup.finished, []);
  await pass(1100);
  assert.equal(setup.finished.length, 1);
  const [begun] = setup.begun;
  assert.ok(begun?.delivery.nextAttemptAt != null && begun.delivery.nextAttemptAt.getTime() <= Date.now());
});

test('an event that has expired from the log comes as null', async () => {
  const setup = await start();
  const delivery = deliveryFor('a');
  await setup.stores.deliveries.insert([delivery], null);
  await pass(1100);
  assert.equal(setup.begun[0]?.event, null);
});

test('a thousand deliveries in the database are made without waiting for polls, each once', async () => {
  const setup = await start({ perLane: 8, maxWaiting: 300 });
  await due(
    setup,
    many(1000, (index) => `lane ${index % 10}`),
  );
  await settle(4000);
  assert.equal(setup.finished.length, 1000);
  assert.equal(new Set(setup.finished).size, 1000);
  assert.ok(setup.most.all <= 8);
});

test('the bounds in all and per webhook subscription hold', async () => {
  const setup = await start({ concurrency: 5, perLane: 2 });
  setup.work = () => new Promise((resolve) => setTimeout(resolve, 10));
  await offer(
    setup,
    many(60, (index) => `lane ${index % 2}`),
  );
  await pass(1000, 10);
  assert.equal(setup.finished.length, 60);
  assert.deepEqual(setup.most, { all: 4, lane: 2 });
});

test('a receiver that hangs does not delay the others', async () => {
  const setup = await start({ concurrency: 4, perLane: 2 });
  setup.work = ({ delivery }) => (delivery.subscriptionId === 'hole' ? never() : Promise.resolve());
  await offer(setup, [...many(20, 'hole'), ...many(20, 'healthy')]);
  await settle(200);
  assert.equal(setup.finished.length, 20);
  await due(setup, many(20, 'healthy'));
  await settle(200);
  assert.equal(setup.finished.length, 40);
});

test('a receiver that hangs, with more due than fits in memory, does not delay the others', async () => {
  const setup = await start({ concurrency: 8, perLane: 2, maxWaiting: 100 });
  setup.work = ({ delivery }) =>
    delivery.subscriptionId === 'hole' ? new Promise((resolve) => setTimeout(resolve, 15_000)) : Promise.resolve();
  await due(setup, many(300, 'hole'));
  await pass(2000);
  await due(setup, many(10, 'healthy'));
  await pass(3000);
  assert.equal(setup.finished.length, 10);
});

test('what was put off for a receiver that hangs is made when it comes round again', async () => {
  const setup = await start({ concurrency: 8, perLane: 2, maxWaiting: 100 });
  let isHanging = true;
  const gate = deferred();
  setup.work = () => (isHanging ? gate.promise : Promise.resolve());
  await due(setup, many(300, 'hole'));
  await pass(5000);
  assert.ok(locked(setup).length < 100);
  isHanging = false;
  gate.resolve();
  await pass(330_000, 500);
  assert.equal(setup.finished.length, 300);
  assert.equal(new Set(setup.finished).size, 300);
});

test('two thousand due at once for one receiver that answers are not put off', async () => {
  const setup = await start({ concurrency: 64, perLane: 16, maxWaiting: 200 });
  setup.work = () => new Promise((resolve) => setTimeout(resolve, 10));
  await due(setup, many(2000, 'busy'));
  await pass(3000, 10);
  assert.equal(setup.finished.length, 2000);
});

test('as many hanging receivers as share the bound do not delay the others', async () => {
  const setup = await start({ concurrency: 8, perLane: 2 });
  setup.work = ({ delivery }) => (delivery.subscriptionId.startsWith('hole') ? never() : Promise.resolve());
  await offer(
    setup,
    many(40, (index) => `hole ${index % 4}`),
  );
  await settle(100);
  await offer(setup, many(10, 'healthy'));
  await pass(3000);
  assert.equal(setup.finished.length, 10);
});

test('a failure of the database while a delivery is made leaves its lock and frees its place', async () => {
  const setup = await start({ concurrency: 1, perLane: 1 });
  setup.stores.faults.failBefore('deliveries.finish');
  const [first, second] = await offer(setup, ['a', 'a']);
  await settle(50);
  assert.deepEqual(setup.finished, [second?.id]);
  assert.deepEqual(locked(setup), [first?.id]);
  assert.ok(setup.log.lines.some(({ level, fields }) => level === 'error' && fields['delivery'] === first?.id));
  // What is locked and not known of is given back.
  await pass(32_000, 1000);
  assert.deepEqual(setup.finished, [second?.id, first?.id]);
});

test('what waited too long behind its lock is handed back instead of begun', async () => {
  const setup = await start({ concurrency: 1, perLane: 1 });
  const gate = deferred();
  setup.work = () => gate.promise;
  const [first, second] = await offer(setup, ['a', 'a']);
  await pass(46_000, 1000);
  gate.resolve();
  await settle(20);
  assert.equal(setup.begun.filter(({ delivery }) => delivery.id === second?.id).length, 0);
  // Handed back, it is claimed anew and made.
  await pass(2000);
  assert.deepEqual(setup.finished, [first?.id, second?.id]);
});

test('a delivery that Agenda takes and gives back at once does not block its lane', async () => {
  const setup = await start({ concurrency: 1, perLane: 1 });
  for (let round = 1; round <= 3; round += 1) {
    // Two searches at the same time, one by a wake and one by the poll, each get a delivery when there is room for one.
    const hold = setup.stores.faults.hold('deliveries.claim');
    await due(setup, ['a', 'b']);
    await hold.reached;
    mock.timers.tick(1000);
    await settle();
    hold.release();
    await pass(3000);
    assert.equal(setup.finished.length, round * 2);
  }
});

test('a poll that fails is followed by one that does not', async () => {
  const setup = await start();
  setup.stores.faults.failBefore('deliveries.claim');
  await due(setup, ['a']);
  await pass(2100);
  assert.equal(setup.finished.length, 1);
});

test('what was claimed while its events could not be read is made soon, not when its lock runs out', async () => {
  const setup = await start();
  setup.stores.faults.failBefore('events.findMany');
  await due(setup, ['a', 'b']);
  await pass(3000);
  assert.equal(setup.finished.length, 2);
});

test('locks of dead processes are broken at the start, and those that ran out later on', async () => {
  const database = createMemoryDatabase();
  const { deliveries } = createMemoryStores(database);
  await deliveries.insert([deliveryFor('a')], { by: 'dead', at: new Date() });
  const setup = await start({}, database);
  await pass(1000);
  assert.deepEqual(setup.finished, []);
  assert.equal(await setup.jobs.breakDeadLocks(), 1);
  await pass(2000);
  assert.equal(setup.finished.length, 1);
  await deliveries.insert([deliveryFor('a')], { by: 'dead', at: new Date() });
  await pass(179_000, 1000);
  assert.equal(setup.finished.length, 1);
  await pass(62_000, 1000);
  assert.equal(setup.finished.length, 2);
});

test('stopping waits for what runs, hands back what waits, and begins nothing more', async () => {
  const setup = await start({ concurrency: 4, perLane: 2 });
  const gate = deferred();
  setup.work = () => gate.promise;
  const all = await offer(setup, many(10, 'a'));
  await settle();
  assert.equal(setup.begun.length, 2);
  let isStopped = false;
  const stopped = setup.jobs.stop(5000).then(() => {
    isStopped = true;
  });
  await settle();
  assert.equal(isStopped, false);
  gate.resolve();
  await settle(50);
  await stopped;
  assert.deepEqual([setup.begun.length, setup.finished.length], [2, 2]);
  assert.deepEqual(locked(setup), []);
  assert.equal(unfinished(setup).length, all.length - 2);
  await due(setup, ['b']);
  await pass(5000);
  assert.equal(setup.begun.length, 2);
});

test('stopping does not wait longer than its grace', async () => {
  const setup = await start();
  setup.work = never;
  await offer(setup, ['a']);
  await settle();
  const stopped = setup.jobs.stop(5000);
  await pass(5100);
  await stopped;
});

test('a claim that is under way when stopping begins is handed back', async () => {
  const setup = await start();
  const hold = setup.stores.faults.hold('deliveries.claim', 'after');
  await due(setup, many(5, 'a'));
  await hold.reached;
  const stopped = setup.jobs.stop(5000);
  await settle();
  hold.release();
  await pass(1000);
  await stopped;
  assert.deepEqual([locked(setup), setup.begun], [[], []]);
});

test('what planning offers while stopping is handed back, and nothing is reserved any more', async () => {
  const setup = await start({ concurrency: 1, perLane: 1 });
  const gate = deferred();
  setup.work = () => gate.promise;
  await offer(setup, ['a']);
  await settle();
  const stopped = setup.jobs.stop(5000);
  await settle();
  assert.equal(setup.queue.room, 0);
  await offer(setup, many(3, 'a'));
  await settle();
  gate.resolve();
  await pass(1000);
  await stopped;
  assert.deepEqual([setup.begun.length, locked(setup)], [1, []]);
});

test('what is not due yet is not locked', async () => {
  const setup = await start();
  await due(setup, ['a'], 2900);
  await pass(2500);
  assert.deepEqual(locked(setup), []);
});

test('a process that stops leaves no timer that wakes it', async () => {
  const setup = await start();
  const hold = setup.stores.faults.hold('deliveries.breakLocks');
  mock.timers.tick(60_000);
  await hold.reached;
  const stopped = setup.jobs.stop(100);
  await pass(200);
  await stopped;
  hold.release();
  await settle();
  const before = setup.stores.faults.calls.get('deliveries.breakLocks');
  await pass(200_000, 10_000);
  assert.equal(setup.stores.faults.calls.get('deliveries.breakLocks'), before);
});

test('two processes on one database make each delivery once', async () => {
  const database = createMemoryDatabase();
  const [one, two] = [await start({}, database), await start({}, database)];
  await due(
    one,
    many(200, (index) => `lane ${index % 5}`),
  );
  two.queue.hasMore();
  await settle(1000);
  await pass(3000);
  assert.equal(new Set([...one.finished, ...two.finished]).size, 200);
  assert.equal(one.finished.length + two.finished.length, 200);
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
