// Replays at work: what they make due, what they leave alone, how they wait, and that a crash at any moment neither loses nor
// doubles anything.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { type DeliveryStatus, deliveryStatuses } from '../../src/delivery/delivery.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import { type Replay, type ReplaySelection, replaySelections } from '../../src/delivery/replay.js';
import { createReplayRunner, maxUnfinished, type ReplayRunner } from '../../src/delivery/replay-runner.js';
import { compileFilter } from '../../src/event/filter.js';
import type { OwnEvent } from '../../src/event/own-events.js';
import { createSecretBox } from '../../src/security/secret-box.js';
import { serveSubscriptions } from '../../src/webhook-subscription/served-subscriptions.js';
import type { WebhookSubscription } from '../../src/webhook-subscription/webhook-subscription.js';
import { createFakeClock, settle } from '../kit/fake-clock.js';
import { createFakeNewId, createFakeRandomBytes } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type KeptDelivery,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
  subscriptionOf,
} from '../kit/memory-stores.js';

let clock = createFakeClock();
const now = clock.now();
beforeEach(() => {
  clock = createFakeClock();
});

const inAnHour = new Date(now.getTime() + 3_600_000);
/** Webhook subscriptions whose receivers are down. */
const heldUp = new Set<string>();

interface Node {
  readonly runner: ReplayRunner;
  readonly stores: MemoryStores;
  readonly told: OwnEvent[];
  readonly lines: readonly { readonly sentence: string }[];
  close(): Promise<void>;
}

let started = 0;
async function startNode(
  database: MemoryDatabase,
  { holder = 'this', isShared = false, isAlive = () => true, told = [] }: Partial<StartOptions> = {},
): Promise<Node> {
  started += 1;
  const stores = createMemoryStores(database);
  const log = createRecordedLog();
  const secretBox = createSecretBox(Buffer.alloc(32), createFakeRandomBytes());
  const subscriptions = serveSubscriptions({ store: stores.webhookSubscriptions, secretBox, clock, log });
  await subscriptions.loaded;
  const newId = createFakeNewId(started % 60_000);
  const announce = async (event: OwnEvent): Promise<void> => {
    await stores.webhookSubscriptions.revision();
    if (!told.some(({ key }) => key === event.key)) told.push(event);
  };
  const options = { ...stores, subscriptions, holder, isShared, isAlive, announce, clock, newId, log };
  const isHeldUp = (id: string): boolean => heldUp.has(id);
  const runner = createReplayRunner({ ...options, isHeldUp, onMade: () => undefined });
  const close = async (): Promise<void> => {
    const closed = subscriptions.close();
    await clock.advance(0);
    await closed;
  };
  return { runner, stores, told, lines: log.lines, close };
}

interface StartOptions {
  readonly holder: string;
  readonly isShared: boolean;
  readonly isAlive: (holder: string) => boolean;
  readonly told: OwnEvent[];
}

let made = 0;
function replayOf(parts: Partial<Replay> = {}): Replay {
  made += 1;
  return {
    id: `rpl_${String(made).padStart(24, '0')}`,
    subscriptionId: 'sub',
    applicationId: null,
    types: [],
    selection: ['EVERYTHING'],
    after: null,
    since: null,
    until: null,
    logBeganAt: null,
    firstAfter: 0,
    last: 0,
    status: 'RUNNING',
    statusReason: null,
    position: 0,
    made: 0,
    expired: 0,
    createdAt: now,
    finishedAt: null,
    ...parts,
  };
}

/** A log of these events, all planned, and one webhook subscription that began at its end. */
function createWorld(events: readonly Parameters<typeof newEventOf>[1][], parts: Partial<WebhookSubscription> = {}) {
  const database = createMemoryDatabase();
  for (const [index, event] of events.entries())
    database.events.push({ item: newEventOf(`e${index + 1}`, event), sequence: index + 1 });
  database.meta.planMark = events.length;
  database.subscriptions.set('sub', subscriptionOf('sub', { fromSequence: events.length, ...parts }));
  return database;
}

/** A delivery of the n-th event as it may have been left. */
function putDelivery(database: MemoryDatabase, n: number, status: DeliveryStatus): KeptDelivery {
  const isFinished = !['PENDING', 'RETRYING'].includes(status);
  const attemptCount = status === 'PENDING' ? 0 : 2;
  const fresh = createDelivery(`dlv_${String(n).padStart(24, '0')}`, eventOf(n), { id: 'sub', application: null }, now);
  const finishedAt = isFinished ? now : null;
  const nextAttemptAt = isFinished ? null : inAnHour;
  const kept: KeptDelivery = {
    delivery: { ...fresh, status, attemptCount, finishedAt, nextAttemptAt },
    lockedAt: null,
    lockedBy: null,
  };
  database.deliveries.set(kept.delivery.id, kept);
  return kept;
}

const keep = (database: MemoryDatabase, replay: Replay): void =>
  void database.replays.set(replay.id, { replay, holder: null, isSettled: false });
const replayIn = (database: MemoryDatabase, id: string): Replay => database.replays.get(id)?.replay ?? assert.fail();

/** Makes what replays have made due, as receivers that answer 200 would, and counts it by event. */
function deliverAll(database: MemoryDatabase, counts = new Map<string, number>()): Map<string, number> {
  for (const kept of database.deliveries.values()) {
    const { delivery } = kept;
    if (delivery.priority !== 'REPLAY' || delivery.nextAttemptAt === null) continue;
    counts.set(delivery.eventId, (counts.get(delivery.eventId) ?? 0) + 1);
    const attemptCount = delivery.attemptCount + 1;
    kept.delivery = { ...delivery, status: 'SUCCEEDED', attemptCount, nextAttemptAt: null, finishedAt: now };
  }
  return counts;
}

async function runAll(database: MemoryDatabase, replay: Replay): Promise<Map<string, number>> {
  const node = await startNode(database);
  const counts = new Map<string, number>();
  for (let times = 0; times < 100 && !database.replays.get(replay.id)?.isSettled; times += 1) {
    await node.runner.goOn();
    deliverAll(database, counts);
  }
  await node.close();
  return counts;
}

test('each selection takes the events whose deliveries stand so, and no others', async () => {
  const expected: Record<ReplaySelection, readonly string[]> = {
    EVERYTHING: ['SUCCEEDED', 'EXHAUSTED', 'none'],
    FAILED: ['EXHAUSTED'],
    NEVER_DELIVERED: ['none'],
    SUCCEEDED: ['SUCCEEDED'],
    CANCELLED: ['CANCELLED'],
    RETRYING: ['RETRYING'],
  };
  const states = [...deliveryStatuses, 'none'] as const;
  for (const selection of replaySelections) {
    const database = createWorld(states.map(() => ({})));
    for (const [index, state] of states.entries()) if (state !== 'none') putDelivery(database, index + 1, state);
    const replay = replayOf({ selection: [selection], last: states.length });
    keep(database, replay);
    const counts = await runAll(database, replay);
    const taken = states.filter((_, index) => counts.has(`e${index + 1}`));
    assert.deepEqual([...taken].sort(), [...expected[selection]].sort(), selection);
    assert.deepEqual(new Set(counts.values()), new Set([1]));
    const { status, made: due, position } = replayIn(database, replay.id);
    assert.deepEqual([status, due, position], ['FINISHED', taken.length, states.length]);
  }
});

test('what is made due again has a new schedule, the lowest priority, and its place in no order but its own', async () => {
  const database = createWorld([{}, { orderingKey: 'a' }], { deliverySettings: { ordering: 'BY_KEY' } });
  const kept = putDelivery(database, 1, 'EXHAUSTED');
  kept.delivery = { ...kept.delivery, orderGroup: 'sub a' };
  const replay = replayOf({ last: 2 });
  keep(database, replay);
  const node = await startNode(database);
  await node.runner.goOn();
  const [again, fresh] = [...database.deliveries.values()].map(({ delivery }) => delivery);
  const due = { priority: 'REPLAY', nextAttemptAt: now, finishedAt: null, isKept: false } as const;
  // An exhausted delivery at the head of its group stays the head: when it gets through, those behind it go on.
  assert.deepEqual(again, { ...kept.delivery, ...due, status: 'RETRYING', scheduleFrom: 2, orderGroup: 'sub a' });
  assert.equal(fresh?.orderGroup, null);
  assert.deepEqual([fresh.status, fresh.priority, fresh.nextAttemptAt], ['PENDING', 'REPLAY', now]);
  await node.close();
});

test('types, filter, owner and the kind of event decide as they would now', async () => {
  const events = [
    { type: 'order.created', dataJson: '{"amount":9}' },
    { type: 'order.created', dataJson: '{"amount":1}' },
    { type: 'order.paid', dataJson: '{"amount":9}' },
    { type: 'invoice.sent', dataJson: '{"amount":9}' },
    { type: 'order.created', dataJson: '{"amount":9}', applicationId: 'app_b' },
    { type: 'order.created', dataJson: '{"amount":9}', applicationId: 'app_a' },
    { type: 'order.created', dataJson: '{"amount":9}', onlySubscriptionId: 'sub' },
  ];
  const parts = { eventTypes: ['order.*'], filter: { 'data.amount': { $gt: 5 } }, applicationId: 'app_a' };
  for (const [types, wanted] of [
    [[], ['e1', 'e3', 'e6']],
    [['order.created'], ['e1', 'e6']],
    [['invoice.*', 'order.paid'], ['e3']],
    [['*'], ['e1', 'e3', 'e6']],
  ] as const) {
    const database = createWorld(events, parts);
    const replay = replayOf({ types, last: events.length, applicationId: 'app_a' });
    keep(database, replay);
    const counts = await runAll(database, replay);
    assert.deepEqual([...counts.keys()].sort(), wanted);
  }
});

test('never more than a bounded number of its deliveries is unfinished, and it goes on when there are fewer', async () => {
  const total = maxUnfinished * 2 + 300;
  const database = createWorld(Array.from({ length: total }, () => ({})));
  const replay = replayOf({ last: total });
  keep(database, replay);
  const node = await startNode(database);
  let most = 0;
  for (let times = 0; times < 10; times += 1) {
    await node.runner.goOn();
    await clock.advance(1000);
    most = Math.max(most, database.deliveries.size);
  }
  assert.ok((node.stores.faults.calls.get('replayDeliveries.countUnfinished') ?? 0) < 8, 'it rests while nothing ends');
  assert.ok(most <= maxUnfinished && most > maxUnfinished - 300, `${most}`);
  const counts = new Map<string, number>();
  for (let times = 0; times < 10; times += 1) {
    const before = counts.size;
    deliverAll(database, counts);
    assert.ok(counts.size - before <= maxUnfinished);
    await clock.advance(30_000);
    await node.runner.goOn();
  }
  assert.equal(counts.size, total);
  assert.equal(replayIn(database, replay.id).status, 'FINISHED');
  await node.close();
});

test('for a webhook subscription that is paused or whose receiver is down, its deliveries are kept', async () => {
  for (const state of ['paused', 'down'] as const) {
    const database = createWorld([{}, {}], state === 'paused' ? { status: 'PAUSED' } : {});
    if (state === 'down') heldUp.add('sub');
    putDelivery(database, 1, 'EXHAUSTED');
    keep(database, replayOf({ last: 2 }));
    const node = await startNode(database);
    await node.runner.goOn();
    heldUp.clear();
    const all = [...database.deliveries.values()].map(({ delivery }) => [delivery.isKept, delivery.nextAttemptAt]);
    assert.deepEqual(all, [
      [true, null],
      [true, null],
    ]);
    await node.close();
  }
});

test('an event to be delivered later is delivered then, and the replay does not wait for it', async () => {
  const database = createWorld([{ deliverAt: inAnHour }, { deliverAt: inAnHour }]);
  const cancelled = putDelivery(database, 2, 'CANCELLED');
  const replay = replayOf({ last: 2, selection: ['NEVER_DELIVERED', 'CANCELLED'] });
  keep(database, replay);
  const node = await startNode(database);
  await node.runner.goOn();
  const [, later] = [...database.deliveries.values()];
  assert.deepEqual([later?.delivery.nextAttemptAt, later?.delivery.priority], [inAnHour, 'FIRST_ATTEMPT']);
  assert.equal(cancelled.delivery.status, 'CANCELLED');
  assert.equal(replayIn(database, replay.id).made, 1);
  assert.equal(await node.stores.replayDeliveries.countUnfinished('sub', 10), 0);
  await node.close();
});

test('an event that is not planned yet is waited for: its first delivery is no replay', async () => {
  const database = createWorld([{}, {}, {}]);
  database.meta.planMark = 1;
  const replay = replayOf({ last: 3 });
  keep(database, replay);
  const node = await startNode(database);
  await node.runner.goOn();
  await node.runner.goOn();
  assert.deepEqual([database.deliveries.size, replayIn(database, replay.id).position], [1, 1]);
  database.meta.planMark = 3;
  await node.runner.goOn();
  assert.deepEqual([database.deliveries.size, replayIn(database, replay.id).status], [3, 'FINISHED']);
  await node.close();
});

test('events that leave the log before they are looked at are counted', async () => {
  for (const eventTypes of [['*'], ['order.created']]) {
    const database = createWorld(
      Array.from({ length: 10 }, () => ({})),
      { eventTypes },
    );
    database.events.splice(0, 4);
    const some = replayOf({ firstAfter: 1, position: 1, last: 8 });
    const none = replayOf({ last: 3 });
    keep(database, some);
    keep(database, none);
    await runAll(database, none);
    const { made: due, expired, position, status } = replayIn(database, some.id);
    assert.deepEqual([due, expired, position, status], [4, 3, 8, 'FINISHED']);
    assert.deepEqual([replayIn(database, none.id).expired, replayIn(database, none.id).status], [3, 'FINISHED']);
  }
});

test('its end is told once with the counts; a deleted webhook subscription ends it, and so does whoever cancels it', async () => {
  const database = createWorld([{}, {}, {}]);
  const [finished, cancelled] = [replayOf({ last: 3 }), replayOf({ last: 3, status: 'CANCELLED', finishedAt: now })];
  const failed = replayOf({ last: 3, subscriptionId: 'gone', applicationId: 'app_a' });
  for (const one of [finished, cancelled, failed]) keep(database, one);
  const node = await startNode(database);
  await node.runner.goOn();
  await node.runner.goOn();
  const ends = node.told.map(({ type, subject, data, applicationId }) => [
    type,
    subject,
    data['status'],
    applicationId,
  ]);
  assert.deepEqual(ends, [
    ['carillon.replay.finished', finished.id, 'FINISHED', null],
    ['carillon.replay.finished', cancelled.id, 'CANCELLED', null],
    ['carillon.replay.finished', failed.id, 'FAILED', 'app_a'],
  ]);
  assert.deepEqual(node.told[0]?.data, {
    replay: finished.id,
    webhookSubscription: 'sub',
    status: 'FINISHED',
    eventsLookedAt: 3,
    eventsExpired: 0,
    deliveriesMade: 3,
  });
  assert.equal(replayIn(database, failed.id).statusReason, 'the webhook subscription was deleted');
  await node.close();
});

test('a replay that is cancelled within a page stops behind it', async () => {
  const database = createWorld(Array.from({ length: 1000 }, () => ({})));
  const replay = replayOf({ last: 1000 });
  keep(database, replay);
  const node = await startNode(database);
  const hold = node.stores.faults.hold('replays.advance');
  const going = node.runner.goOn();
  await hold.reached;
  await node.stores.replays.end(replay.id, { status: 'CANCELLED', statusReason: null, finishedAt: now });
  hold.release();
  await going;
  const { status, made: due } = replayIn(database, replay.id);
  assert.deepEqual([status, due, database.deliveries.size], ['CANCELLED', 50, 50]);
  assert.deepEqual([node.told[0]?.data['deliveriesMade'], node.told.length], [50, 1]);
  await node.close();
});

test('one process at a time works on a replay; a dead one is followed by another, a stopped one at once', async () => {
  const database = createWorld(Array.from({ length: 7000 }, () => ({})));
  const replay = replayOf({ last: 7000 });
  keep(database, replay);
  let isAlive = true;
  const first = await startNode(database, { holder: 'first', isShared: true });
  const second = await startNode(database, { holder: 'second', isShared: true, isAlive: () => isAlive });
  await first.runner.goOn();
  deliverAll(database);
  const { position } = replayIn(database, replay.id);
  await second.runner.goOn();
  await second.runner.goOn();
  assert.equal(database.replays.get(replay.id)?.holder, 'first');
  assert.equal(replayIn(database, replay.id).position, position);

  // Not heard of once may mean that this process has just begun.
  isAlive = false;
  await second.runner.goOn();
  assert.equal(database.replays.get(replay.id)?.holder, 'first');
  await second.runner.goOn();
  assert.equal(database.replays.get(replay.id)?.holder, 'second');
  const reached = replayIn(database, replay.id).position;
  assert.ok(reached > position);
  deliverAll(database);
  await first.runner.goOn();
  assert.equal(replayIn(database, replay.id).position, reached, 'the one taken for dead does nothing more');

  await second.runner.stop();
  await second.runner.goOn();
  assert.equal(database.replays.get(replay.id)?.holder, null);
  const third = await startNode(database, { holder: 'third', isShared: true });
  await third.runner.goOn();
  assert.equal(database.replays.get(replay.id)?.holder, 'third');
  for (const node of [first, second, third]) await node.close();
});

test('the owner of an embedded store takes over at once what an earlier process has left', async () => {
  const database = createWorld([{}, {}]);
  const replay = replayOf({ last: 2 });
  database.replays.set(replay.id, { replay, holder: 'before', isSettled: false });
  const node = await startNode(database);
  await node.runner.goOn();
  assert.equal(replayIn(database, replay.id).status, 'FINISHED');
  await node.close();
});

test('a replay that meets a fault does not keep the others from going on', async () => {
  const database = createWorld([{}, {}]);
  const [broken, good] = [replayOf({ last: 2 }), replayOf({ last: 2, selection: ['NEVER_DELIVERED'] })];
  keep(database, broken);
  keep(database, good);
  const node = await startNode(database);
  node.stores.faults.failBefore('replayDeliveries.find');
  await node.runner.goOn();
  assert.deepEqual([replayIn(database, broken.id).status, replayIn(database, good.id).status], ['RUNNING', 'FINISHED']);
  assert.equal(
    node.lines.some(({ sentence }) => /could not go on/.test(sentence)),
    true,
  );
  await node.runner.goOn();
  assert.equal(replayIn(database, broken.id).status, 'FINISHED');
  await node.close();
});

const anEvent = fc.record({
  type: fc.constantFrom('order.created', 'order.paid', 'invoice.sent'),
  amount: fc.nat(9),
  applicationId: fc.constantFrom(null, 'app_a', 'app_b'),
  state: fc.constantFrom(...deliveryStatuses, 'none' as const),
});
const aScenario = fc.record({
  events: fc.array(anEvent, { minLength: 1, maxLength: 450 }),
  selection: fc.uniqueArray(fc.constantFrom(...replaySelections), { minLength: 1, maxLength: 3 }),
  types: fc.constantFrom<readonly string[]>([], ['order.*'], ['order.created'], ['*']),
  eventTypes: fc.constantFrom<readonly string[]>(['*'], ['order.*', 'invoice.sent'], ['order.paid']),
  filter: fc.constantFrom<object | null>(null, { 'data.amount': { $gte: 5 } }),
  begin: fc.nat(20),
  crashes: fc.array(fc.record({ call: fc.integer({ min: 1, max: 40 }), when: fc.constantFrom('before', 'after') }), {
    maxLength: 4,
  }),
  isDeliveredBetween: fc.boolean(),
});

/** Said in another way than the code says it. */
function isAsked(selection: readonly ReplaySelection[], state: DeliveryStatus | 'none'): boolean {
  if (state === 'PENDING') return false;
  if (state === 'none') return selection.includes('NEVER_DELIVERED') || selection.includes('EVERYTHING');
  if (state === 'EXHAUSTED') return selection.includes('FAILED') || selection.includes('EVERYTHING');
  return selection.includes(state) || (state === 'SUCCEEDED' && selection.includes('EVERYTHING'));
}

test('whatever the log, the selection and the moments of crashes: what is asked for is made due once, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(aScenario, async ({ events, selection, types, eventTypes, filter, begin, crashes, ...rest }) => {
      const database = createWorld(
        events.map(({ type, amount, applicationId }) => ({ type, applicationId, dataJson: `{"amount":${amount}}` })),
        { eventTypes, filter, applicationId: 'app_a' },
      );
      for (const [index, { state }] of events.entries()) if (state !== 'none') putDelivery(database, index + 1, state);
      const firstAfter = Math.min(begin, events.length);
      const replay = replayOf({ selection, types, firstAfter, position: firstAfter, last: events.length });
      keep(database, replay);
      const told: OwnEvent[] = [];
      const counts = new Map<string, number>();
      for (const [index, crash] of crashes.entries()) {
        const node = await startNode(database, { holder: `crashing ${index}`, told });
        const done = [...node.stores.faults.calls.values()].reduce((sum, count) => sum + count, 0);
        node.stores.faults.dieAt = { call: done + crash.call, when: crash.when === 'before' ? 'before' : 'after' };
        await node.runner.goOn().catch(() => undefined);
        node.stores.faults.isDead = true;
        await node.close();
        if (rest.isDeliveredBetween) deliverAll(database, counts);
      }
      const last = await startNode(database, { holder: 'last', told });
      await last.runner.goOn();
      deliverAll(database, counts);
      await last.runner.goOn();
      await last.close();

      const compiled = compileFilter(filter, 'filter');
      const matches = (patterns: readonly string[], type: string): boolean =>
        patterns.some((one) => one === '*' || one === type || (one === 'order.*' && type.startsWith('order.')));
      const wanted = events.flatMap(({ type, amount, applicationId, state }, index) => {
        const event = eventOf(index + 1, { type, applicationId, dataJson: `{"amount":${amount}}` });
        const isWanted =
          index >= firstAfter &&
          applicationId !== 'app_b' &&
          matches(types.length === 0 ? ['*'] : types, type) &&
          matches(eventTypes, type) &&
          compiled.matches(event) &&
          isAsked(selection, state);
        return isWanted ? [`e${index + 1}`] : [];
      });
      assert.deepEqual([...counts.keys()].sort(), wanted.sort());
      assert.deepEqual([...new Set(counts.values())], wanted.length === 0 ? [] : [1]);
      const pairs = [...database.deliveries.values()].map(({ delivery }) => delivery.eventId);
      assert.equal(new Set(pairs).size, pairs.length);
      const { status, made: due, position } = replayIn(database, replay.id);
      assert.deepEqual([status, due, position], ['FINISHED', wanted.length, events.length]);
      assert.deepEqual(
        told.map(({ data }) => [data['replay'], data['deliveriesMade']]),
        [[replay.id, wanted.length]],
      );
    }),
    { numRuns: 150 },
  );
});

test('two replays of the same events at the same time make each due once for each that asked later than it was made', async () => {
  const database = createWorld([{}, {}]);
  const [older, newer] = [replayOf({ last: 2 }), replayOf({ last: 2 })];
  keep(database, older);
  keep(database, newer);
  const node = await startNode(database);
  await node.runner.goOn();
  const counts = deliverAll(database);
  // The newer one found them on their way.
  assert.deepEqual([...counts.values()], [1, 1]);
  assert.deepEqual([replayIn(database, older.id).made, replayIn(database, newer.id).made], [2, 0]);
  const later = replayOf({ last: 2 });
  keep(database, later);
  await node.runner.goOn();
  deliverAll(database, counts);
  assert.deepEqual([...counts.values()], [2, 2]);
  await settle();
  await node.close();
});
