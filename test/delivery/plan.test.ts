// Planning: exactly one delivery for each event and webhook subscription that wants it, whatever fails or dies on the way.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import fc from 'fast-check';
import { createDeliveryQueue, type DeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { createPlanner, type Planner } from '../../src/delivery/plan.js';
import { createEventLog, type EventLog } from '../../src/event/event-log.js';
import { createSecretBox } from '../../src/security/secret-box.js';
import { type ServedSubscriptions, serveSubscriptions } from '../../src/webhook-subscription/served-subscriptions.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { createFakeNewId, createFakeRandomBytes } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
  type RecordedLog,
  resumeStreams,
  subscriptionOf,
} from '../kit/memory-stores.js';

interface Node {
  readonly clock: FakeClock;
  readonly stores: MemoryStores;
  readonly served: ServedSubscriptions;
  readonly queue: DeliveryQueue;
  readonly planner: Planner;
  readonly eventLog: EventLog;
  readonly log: RecordedLog;
}

const nodes: Node[] = [];
async function closeAll(): Promise<void> {
  for (const { served, clock } of nodes.splice(0)) {
    const closed = served.close();
    await clock.advance(60_000);
    await closed;
  }
}
afterEach(closeAll);

/** Webhook subscriptions whose receivers are down. */
const heldUp = new Set<string>();
/** Order groups whose first may go. */
const released: string[] = [];
let started = 0;
function startNode(database: MemoryDatabase, room = 1000): Node {
  started += 1;
  const clock = createFakeClock();
  const stores = createMemoryStores(database);
  const log = createRecordedLog();
  const secretBox = createSecretBox(Buffer.alloc(32), createFakeRandomBytes());
  const served = serveSubscriptions({ store: stores.webhookSubscriptions, secretBox, clock, log });
  const queue = createDeliveryQueue({
    holder: `node-${started}`,
    maxWaiting: room,
    maxWaitingBytes: 1_000_000,
    maxRunningPerLane: 8,
    clock,
  });
  const planner = createPlanner({
    ...stores,
    subscriptions: served,
    queue,
    isHeldUp: (id) => heldUp.has(id),
    claimHeads: async (groups) => void released.push(...groups),
    clock,
    newId: createFakeNewId(started),
    log,
  });
  const eventLog = createEventLog({
    onUncertain: () => undefined,
    store: stores.events,
    log,
    onAppended: (events) => planner.plan(events),
  });
  const node = { clock, stores, served, queue, planner, eventLog, log };
  nodes.push(node);
  return node;
}

/** `event subscription` of every delivery, sorted. */
const pairs = ({ deliveries }: MemoryDatabase): string[] =>
  [...deliveries.values()].map(({ delivery }) => `${delivery.eventId} ${delivery.subscriptionId}`).sort();
const unplanned = ({ events, meta }: MemoryDatabase): string[] =>
  events.filter(({ sequence }) => sequence > meta.planMark).map(({ item }) => item.id);
const later = new Date('2026-01-02T00:00:00.000Z');

test('an event gets one delivery for each webhook subscription that wants it', async () => {
  const database = createMemoryDatabase();
  const setup = createMemoryStores(database);
  const types = [['*'], ['order.*'], ['order.created', 'order.*', '*'], ['invoice.paid'], ['order.created.late']];
  for (const [index, eventTypes] of types.entries())
    await setup.webhookSubscriptions.create(subscriptionOf(`s${index}`, { eventTypes }));
  await setup.webhookSubscriptions.create(subscriptionOf('s5', { filter: { 'data.amount': { $gt: 5 } } }));
  await setup.webhookSubscriptions.create(subscriptionOf('s6', { status: 'PAUSED' }));
  const { eventLog, planner } = startNode(database);
  await eventLog.append([newEventOf('e1'), newEventOf('e2', { dataJson: '{"amount":6}' })]);
  await planner.idle();
  const both = ['s0', 's1', 's2', 's6'];
  assert.deepEqual(
    pairs(database),
    [...both.map((id) => `e1 ${id}`), ...[...both, 's5'].map((id) => `e2 ${id}`)].sort(),
  );
  assert.deepEqual(unplanned(database), []);
});

test("an event for one application is for its webhook subscriptions and for the platform's own", async () => {
  const database = createMemoryDatabase();
  const setup = createMemoryStores(database);
  for (const applicationId of [null, 'app_a', 'app_b'])
    await setup.webhookSubscriptions.create(subscriptionOf(`s ${applicationId}`, { applicationId }));
  const { eventLog, planner } = startNode(database);
  await eventLog.append([newEventOf('e1', { applicationId: 'app_a' }), newEventOf('e2')]);
  await planner.idle();
  const forAll = ['e2 s app_a', 'e2 s app_b', 'e2 s null'];
  assert.deepEqual(pairs(database), ['e1 s app_a', 'e1 s null', ...forAll]);
});

test('a test event is for its one webhook subscription, whatever that asks for', async () => {
  const database = createMemoryDatabase();
  const setup = createMemoryStores(database);
  await setup.webhookSubscriptions.create(subscriptionOf('s1', { eventTypes: ['invoice.paid'] }));
  await setup.webhookSubscriptions.create(subscriptionOf('s2'));
  const { eventLog, planner } = startNode(database);
  await eventLog.append([
    newEventOf('e1', { onlySubscriptionId: 's1' }),
    newEventOf('e2', { onlySubscriptionId: 'gone' }),
  ]);
  await planner.idle();
  assert.deepEqual(pairs(database), ['e1 s1']);
  assert.deepEqual(unplanned(database), []);
});

test('a webhook subscription is not told of events from before it was created', async () => {
  const database = createMemoryDatabase();
  const node = startNode(database);
  await node.served.loaded;
  node.stores.faults.failBefore('subscriptions.revision');
  await node.eventLog.append([newEventOf('e1')]);
  await node.planner.idle();
  const fromSequence = await node.eventLog.head();
  await node.stores.webhookSubscriptions.create(subscriptionOf('s1', { fromSequence }));
  await settle();
  await node.eventLog.append([newEventOf('e2')]);
  await node.planner.idle();
  assert.equal(await node.planner.sweep(later), 2);
  assert.deepEqual(pairs(database), ['e2 s1']);
});

test('what there is room for is locked and queued; the rest is due for whoever comes', async () => {
  const database = createMemoryDatabase();
  const setup = createMemoryStores(database);
  for (let index = 0; index < 5; index += 1) await setup.webhookSubscriptions.create(subscriptionOf(`s${index}`));
  const { eventLog, planner, queue } = startNode(database, 3);
  let wakes = 0;
  queue.onWake(() => {
    wakes += 1;
  });
  await eventLog.append([newEventOf('e1')]);
  await planner.idle();
  assert.equal(queue.waiting, 3);
  assert.equal(queue.takeMore(), true);
  assert.ok(wakes > 0);
  const locked = [...database.deliveries.values()].filter(({ lockedBy }) => lockedBy === queue.holder);
  assert.deepEqual(
    locked.map(({ delivery }) => delivery.id).sort(),
    queue
      .drain()
      .map(({ delivery }) => delivery.id)
      .sort(),
  );
  assert.equal(pairs(database).length, 5);
});

test('what there is room for is made although the insert of the rest fails', async () => {
  const database = createMemoryDatabase();
  const setup = createMemoryStores(database);
  for (let index = 0; index < 5; index += 1) await setup.webhookSubscriptions.create(subscriptionOf(`s${index}`));
  const { eventLog, planner, queue, stores, served } = startNode(database, 3);
  await served.loaded;
  let inserts = 0;
  stores.faults.onCall = async (operation) => {
    if (operation === 'deliveries.insert') inserts += 1;
    if (operation === 'deliveries.insert' && inserts === 2) throw new Error('the second fails');
  };
  await eventLog.append([newEventOf('e1')]);
  await planner.idle();
  assert.deepEqual([queue.waiting, pairs(database).length, unplanned(database)], [3, 3, ['e1']]);
  await planner.sweep(later);
  assert.equal(pairs(database).length, 5);
});

test('deliveries for a receiver that hangs are put off at once when its lane is full', async () => {
  const database = createMemoryDatabase();
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1'));
  const { eventLog, planner, queue, clock } = startNode(database);
  const append = async (from: number, to: number): Promise<void> => {
    await eventLog.append(Array.from({ length: to - from }, (_, index) => newEventOf(`e${from + index}`)));
    await planner.idle();
  };
  await append(0, 20);
  queue.take(10, clock.monotonicMs());
  await clock.advance(2000);
  await append(20, 30);
  const [all, now] = [[...database.deliveries.values()], clock.now().getTime()];
  const isPutOff = all.map(({ delivery }) => (delivery.nextAttemptAt?.getTime() ?? 0) >= now + 15_000);
  assert.deepEqual(isPutOff, [...Array<boolean>(20).fill(false), ...Array<boolean>(10).fill(true)]);
  assert.equal(all.filter(({ lockedAt }) => lockedAt !== null).length, 20);
});

test('an event for later is due at its time and not before, also for a webhook subscription that is paused, and in no order', async () => {
  const database = createMemoryDatabase();
  const setup = createMemoryStores(database);
  const strict = { ordering: 'STRICT' } as const;
  await setup.webhookSubscriptions.create(subscriptionOf('active'));
  await setup.webhookSubscriptions.create(subscriptionOf('paused', { status: 'PAUSED' }));
  await setup.webhookSubscriptions.create(subscriptionOf('ordered', { deliverySettings: strict }));
  const skipping = { whilePaused: 'SKIP' } as const;
  await setup.webhookSubscriptions.create(subscriptionOf('skips', { status: 'PAUSED', deliverySettings: skipping }));
  const { eventLog, planner, queue } = startNode(database);
  await eventLog.append([newEventOf('e1', { deliverAt: later })]);
  await planner.idle();
  assert.deepEqual(pairs(database), ['e1 active', 'e1 ordered', 'e1 paused']);
  for (const { delivery, lockedAt } of database.deliveries.values()) {
    assert.deepEqual(
      [delivery.nextAttemptAt, delivery.isKept, delivery.orderGroup, lockedAt],
      [later, false, null, null],
    );
  }
  // Resuming lets go what is kept, and nothing before its time.
  assert.equal(await setup.deliveries.unpark('paused', new Date(0)), 0);
  assert.equal(queue.waiting, 0);
  const lock = { by: 'any', at: later };
  assert.deepEqual(await setup.deliveries.claim(9, new Date(later.getTime() - 1), lock), []);
  assert.equal((await setup.deliveries.claim(9, later, lock)).length, 3);
});

test('a test event goes at once, whatever waits in the order of its webhook subscription', async () => {
  const database = createMemoryDatabase();
  const deliverySettings = { ordering: 'STRICT' } as const;
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1', { deliverySettings }));
  const { eventLog, planner, queue } = startNode(database);
  await eventLog.append([newEventOf('e1'), newEventOf('e2', { onlySubscriptionId: 's1' })]);
  await planner.idle();
  const queued = queue.drain().map(({ delivery }) => delivery.eventId);
  assert.deepEqual(queued, ['e2']);
  assert.ok(released.includes('s1'));
});

test('what is planned for a receiver that is down is kept', async () => {
  const database = createMemoryDatabase();
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('down'));
  heldUp.add('down');
  const { eventLog, planner, queue } = startNode(database);
  await eventLog.append([newEventOf('e1')]);
  await planner.idle();
  heldUp.delete('down');
  const [kept] = [...database.deliveries.values()];
  assert.deepEqual([kept?.delivery.isKept, kept?.delivery.nextAttemptAt, queue.waiting], [true, null, 0]);
});

test('more deliveries than one insert takes are all planned', async () => {
  const database = createMemoryDatabase();
  const setup = createMemoryStores(database);
  for (let index = 0; index < 3; index += 1) await setup.webhookSubscriptions.create(subscriptionOf(`s${index}`));
  const { eventLog, planner } = startNode(database, 10);
  await eventLog.append(Array.from({ length: 700 }, (_, index) => newEventOf(`e${index}`)));
  await planner.idle();
  assert.equal(new Set(pairs(database)).size, 2100);
});

const operations = ['subscriptions.revision', 'deliveries.insert', 'planMark.move'];
for (const operation of operations) {
  for (const when of ['failBefore', 'failAfter'] as const) {
    test(`a planner whose ${operation} fails (${when}) is made up for by the sweep`, async () => {
      const database = createMemoryDatabase();
      await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1'));
      const { eventLog, planner, stores, queue, log, clock, served } = startNode(database);
      await served.loaded;
      stores.faults[when](operation);
      await eventLog.append([newEventOf('e1')]);
      await planner.idle();
      await settle();
      assert.deepEqual(unplanned(database), operation === 'planMark.move' && when === 'failAfter' ? [] : ['e1']);
      assert.equal(log.lines.at(-1)?.level, 'warn');
      await planner.sweep(new Date(clock.now().getTime() + 1));
      assert.deepEqual([pairs(database), unplanned(database)], [['e1 s1'], []]);
      // Room that was reserved for a failed insert is free again.
      assert.equal(queue.room, 1000 - queue.waiting);
    });
  }
}

for (const when of ['before', 'after'] as const) {
  test(`a process that dies ${when} any of its writes leaves nothing that a new one does not plan`, async () => {
    for (let call = 1; call < 40; call += 1) {
      const database = createMemoryDatabase();
      const setup = createMemoryStores(database);
      for (const id of ['s1', 's2', 's3']) await setup.webhookSubscriptions.create(subscriptionOf(id));
      const dying = startNode(database, 2);
      await dying.served.loaded;
      dying.stores.faults.dieAt = { call, when };
      const answers = await Promise.allSettled([
        dying.eventLog.append([newEventOf('e1'), newEventOf('e2')]),
        dying.eventLog.append([newEventOf('e3')]),
      ]);
      await dying.planner.idle();
      const heir = startNode(database);
      await heir.planner.sweep(later);
      const expected = database.events.flatMap(({ item }) => ['s1', 's2', 's3'].map((id) => `${item.id} ${id}`));
      assert.deepEqual(pairs(database), expected.sort(), `died ${when} call ${call}`);
      assert.deepEqual(unplanned(database), []);
      for (const [index, answer] of answers.entries()) {
        const ids = index === 0 ? ['e1', 'e2'] : ['e3'];
        if (answer.status === 'fulfilled')
          assert.ok(ids.every((id) => database.events.some(({ item }) => item.id === id)));
      }
    }
  });
}

test('two nodes that plan the same events make one delivery each', async () => {
  const database = createMemoryDatabase();
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1'));
  const [a, b] = [startNode(database), startNode(database)];
  await Promise.all([a.served.loaded, b.served.loaded]);
  a.stores.faults.failBefore('subscriptions.revision');
  await a.eventLog.append(Array.from({ length: 20 }, (_, index) => newEventOf(`e${index}`)));
  await a.planner.idle();
  await Promise.all([a.planner.sweep(later), b.planner.sweep(later)]);
  assert.equal(new Set(pairs(database)).size, 20);
  assert.equal(pairs(database).length, 20);
  // Each delivery waits in the queue of the node that holds its lock, and in no other.
  for (const { queue } of [a, b]) {
    for (const { delivery } of queue.drain())
      assert.equal(database.deliveries.get(delivery.id)?.lockedBy, queue.holder);
  }
});

test('a webhook subscription acknowledged before a publish is not missed when its change comes late', async () => {
  const database = createMemoryDatabase();
  const [a, b] = [startNode(database), startNode(database)];
  await Promise.all([a.served.loaded, b.served.loaded]);
  a.stores.faults.areStreamsHeld = true;
  await b.stores.webhookSubscriptions.create(subscriptionOf('s1'));
  await a.eventLog.append([newEventOf('e1')]);
  await settle();
  assert.deepEqual([pairs(database), unplanned(database)], [[], ['e1']]);
  resumeStreams(database, a.stores.faults);
  await a.planner.idle();
  assert.deepEqual([pairs(database), unplanned(database)], [['e1 s1'], []]);
});

test('events whose barrier does not lift in ten seconds are left to the sweep', async () => {
  const database = createMemoryDatabase();
  const { clock, stores, served, eventLog, planner } = startNode(database);
  await served.loaded;
  stores.faults.areStreamsHeld = true;
  await stores.webhookSubscriptions.create(subscriptionOf('s1'));
  await eventLog.append([newEventOf('e1')]);
  await clock.advance(9_999);
  let isIdle = false;
  const idle = planner.idle().then(() => {
    isIdle = true;
  });
  await settle();
  assert.equal(isIdle, false);
  await clock.advance(1);
  await idle;
  assert.deepEqual(unplanned(database), ['e1']);
  assert.equal(clock.timers, 0);
  resumeStreams(database, stores.faults);
  await planner.sweep(later);
  assert.deepEqual(pairs(database), ['e1 s1']);
});

test('the sweep leaves alone what was accepted too lately, and goes through more than a page', async () => {
  const database = createMemoryDatabase();
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1'));
  const stores = createMemoryStores(database);
  await stores.events.insert(
    Array.from({ length: 1100 }, (_, index) => newEventOf(`e${index}`, { publishedAt: new Date(index) })),
    1,
  );
  const { planner } = startNode(database);
  assert.equal(await planner.sweep(new Date(1050)), 1050);
  assert.equal(pairs(database).length, 1050);
  assert.equal(await planner.sweep(new Date(1050)), 0);
});

test('a sweep that fails says so, and the next one goes on', async () => {
  const database = createMemoryDatabase();
  const { planner, stores } = startNode(database);
  await stores.events.insert([newEventOf('e1')], 1);
  stores.faults.failBefore('planMark.move');
  await assert.rejects(planner.sweep(later), /planMark/);
  assert.equal(await planner.sweep(later), 1);
});

test('idle waits for what was handed over before, however much comes after', async () => {
  const database = createMemoryDatabase();
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1'));
  const { planner, stores, served } = startNode(database);
  await served.loaded;
  let sequence = 1;
  stores.faults.onCall = async (operation) => {
    if (operation !== 'deliveries.insert' || sequence > 500) return;
    sequence += 1;
    planner.plan([eventOf(sequence)]);
  };
  planner.plan([eventOf(1)]);
  await planner.idle();
  assert.ok(pairs(database).includes('e1 s1'));
  assert.ok(sequence < 10, `${sequence} were planned meanwhile`);
  while (sequence <= 500) await planner.idle();
  await planner.idle();
  assert.equal(pairs(database).length, 501);
});

test('a delivery that was planned before is not queued a second time', async () => {
  const database = createMemoryDatabase();
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1'));
  const { planner, queue, stores } = startNode(database);
  await stores.events.insert([newEventOf('e1')], 1);
  planner.plan([eventOf(1)]);
  planner.plan([eventOf(1)]);
  await planner.idle();
  assert.equal(queue.waiting, 1);
});

const steps = fc.array(
  fc.record({
    node: fc.integer({ min: 0, max: 1 }),
    kind: fc.constantFrom('append' as const, 'append' as const, 'append' as const, 'sweep' as const, 'time' as const),
    fault: fc.constantFrom(null, null, 'subscriptions.revision', 'deliveries.insert', 'planMark.move', 'planMark.read'),
    when: fc.constantFrom('failBefore' as const, 'failAfter' as const),
    settles: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

test('whatever fails on two nodes, the mark never passes an event that lacks a delivery, and sweeps finish the rest', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const database = createMemoryDatabase();
      const subscriptions = createMemoryStores(database).webhookSubscriptions;
      for (const id of ['s1', 's2']) await subscriptions.create(subscriptionOf(id));
      const two = [startNode(database, 3), startNode(database, 3)];
      await Promise.all(two.map(({ served }) => served.loaded));
      const expected = (until: number): string[] =>
        database.events
          .filter(({ sequence }) => sequence <= until)
          .flatMap(({ item }) => [`${item.id} s1`, `${item.id} s2`])
          .sort();
      let count = 0;
      for (const { node, kind, fault, when, settles } of list) {
        const one = two[node];
        if (one === undefined) continue;
        if (fault !== null) one.stores.faults[when](fault);
        count += 1;
        if (kind === 'append') await one.eventLog.append([newEventOf(`e${count}`), newEventOf(`f${count}`)]);
        else if (kind === 'sweep') await one.planner.sweep(later).catch(() => undefined);
        else await one.clock.advance(50);
        if (settles) await settle();
        const planned = new Set(pairs(database));
        for (const pair of expected(database.meta.planMark)) assert.ok(planned.has(pair), `${pair} is under the mark`);
      }
      for (let round = 0; round < 30 && unplanned(database).length > 0; round += 1)
        for (const { planner, clock } of two) {
          await clock.advance(100);
          await planner.sweep(later).catch(() => undefined);
        }
      assert.deepEqual([pairs(database), unplanned(database)], [expected(Number.POSITIVE_INFINITY), []]);
      await closeAll();
    }),
    { numRuns: 100 },
  );
});
