// Replays and their deliveries in the database: locks, places, bulk writes, and that a replay leaves first attempts their way.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createNewId } from '../../src/clock.js';
import type { Delivery, DeliveryStatus } from '../../src/delivery/delivery.js';
import { createDelivery, createDeliveryStore, type DeliveryStore } from '../../src/delivery/delivery-store.js';
import type { Replay } from '../../src/delivery/replay.js';
import {
  createReplayDeliveryStore,
  type FoundDelivery,
  type ReplayDeliveryStore,
} from '../../src/delivery/replay-delivery-store.js';
import { createReplayStore, type ReplayStore } from '../../src/delivery/replay-store.js';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { openStore, type Store } from '../../src/store.js';
import { eventOf } from '../kit/memory-stores.js';

const closers: (() => Promise<void>)[] = [];
let database: Store;
let replays: ReplayStore;
let deliveries: DeliveryStore;
let replayDeliveries: ReplayDeliveryStore;
const newId = createNewId();
const now = new Date('2026-01-01T00:00:00.000Z');

before(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'replays-'));
  const embedded = await startEmbeddedMongo({ dataDir });
  database = await openStore(embedded.uri, () => 'aabbccdd');
  closers.push(
    () => rm(dataDir, { recursive: true }),
    () => embedded.close(),
    () => database.close(),
  );
  replays = createReplayStore(database.connection);
  deliveries = createDeliveryStore(database.connection);
  replayDeliveries = createReplayDeliveryStore(database.connection);
  await Promise.all([replays.createIndexes(), deliveries.createIndexes()]);
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

function replayOf(subscriptionId: string, parts: Partial<Replay> = {}): Replay {
  return {
    id: newId('replay'),
    subscriptionId,
    applicationId: null,
    types: ['order.*'],
    selection: ['FAILED', 'NEVER_DELIVERED'],
    after: null,
    since: now,
    until: null,
    logBeganAt: now,
    firstAfter: 3,
    last: 9,
    status: 'RUNNING',
    statusReason: null,
    position: 3,
    made: 0,
    expired: 0,
    createdAt: now,
    finishedAt: null,
    ...parts,
  };
}

function deliveryOf(sequence: number, subscriptionId: string, parts: Partial<Delivery> = {}): Delivery {
  const subscription = { id: subscriptionId, application: null };
  return { ...createDelivery(newId('delivery'), eventOf(sequence), subscription, now), ...parts };
}

test('a replay is read as it was written, listed, and deleted when it is old and settled', async () => {
  const [one, two] = [replayOf('sub_list', { applicationId: 'app_a' }), replayOf('sub_list')];
  for (const replay of [one, two]) assert.equal(await replays.create(replay, 10), true);
  assert.deepEqual(await replays.get(one.id), one);
  const request = { list: 'replays', first: 1, after: null };
  const all = { applicationId: null, subscriptionId: 'sub_list' };
  assert.deepEqual(await replays.list(request, all), { items: [two], hasNextPage: true });
  assert.deepEqual(await replays.list({ ...request, after: two.id }, all), { items: [one], hasNextPage: false });
  assert.deepEqual((await replays.list(request, { applicationId: 'app_a' })).items, [one]);
  assert.deepEqual((await replays.list(request, { ...all, status: 'FAILED' })).items, []);

  const later = new Date(now.getTime() + 1);
  assert.equal(await replays.deleteBefore(later, 10), 0);
  const ended = { status: 'CANCELLED', statusReason: 'x', finishedAt: later } as const;
  assert.deepEqual(await replays.end(one.id, ended), { ...one, ...ended });
  assert.equal(await replays.end(one.id, ended), null);
  assert.equal(await replays.deleteBefore(later, 10), 0);
  await replays.settle(one.id);
  assert.equal(await replays.deleteBefore(now, 10), 0);
  assert.equal(await replays.deleteBefore(later, 10), 1);
  assert.equal(await replays.get(one.id), null);
});

test('a webhook subscription has so many places for running replays, also when all ask at once', async () => {
  const asked = Array.from({ length: 12 }, () => replayOf('sub_full'));
  const created = await Promise.all(asked.map((replay) => replays.create(replay, 5)));
  assert.equal(created.filter(Boolean).length, 5);
  const [first] = asked.filter((_, index) => created[index]);
  await replays.end(first?.id ?? '', { status: 'FINISHED', statusReason: null, finishedAt: now });
  assert.equal(await replays.create(replayOf('sub_full'), 5), true);
  assert.equal(await replays.create(replayOf('sub_full'), 5), false);
  assert.equal(await replays.create(replayOf('sub_other'), 5), true);
});

test('only the holder of the lock moves a replay on, from where it is', async () => {
  const replay = replayOf('sub_lock');
  await replays.create(replay, 10);
  const taken = await Promise.all(['a', 'b', 'c'].map((holder) => replays.take(replay.id, null, holder)));
  assert.deepEqual(taken, [true, false, false]);
  const progress = { position: 5, made: 2, expired: 1 };
  assert.equal(await replays.advance(replay, progress, 'b'), null);
  assert.deepEqual(await replays.advance(replay, progress, 'a'), { ...replay, ...progress });
  assert.equal(await replays.advance(replay, progress, 'a'), null);
  assert.equal(await replays.take(replay.id, 'a', 'b'), true);
  assert.equal(await replays.advance({ ...replay, ...progress }, { ...progress, position: 6 }, 'a'), null);
  const held = async (): Promise<string | null | undefined> =>
    (await replays.unsettled('', 100)).find((one) => one.replay.id === replay.id)?.holder;
  assert.equal(await held(), 'b');
  await replays.release('b');
  assert.equal(await held(), null);
  await replays.end(replay.id, { status: 'FINISHED', statusReason: null, finishedAt: now });
  assert.equal(await held(), null);
  await replays.settle(replay.id);
  assert.equal(await held(), undefined);
});

test('a thousand deliveries are made due at once, each as it was found and once for each replay', async () => {
  const statuses: readonly DeliveryStatus[] = ['SUCCEEDED', 'EXHAUSTED', 'CANCELLED'];
  const many = Array.from({ length: 1000 }, (_, index) =>
    deliveryOf(index + 1, 'sub_bulk', {
      status: statuses[index % 3] ?? 'SUCCEEDED',
      attemptCount: index % 3 === 2 ? 0 : 4,
      nextAttemptAt: null,
      finishedAt: now,
      ...(index % 3 === 1 ? { orderGroup: 'sub_bulk key' } : {}),
    }),
  );
  await deliveries.insert(many, null);
  const ids = many.map(({ eventId }) => eventId);
  const found = await replayDeliveries.find('sub_bulk', [...ids, 'e5000']);
  assert.equal(found.length, 1000);
  const [older, newer, newest] = [newId('replay'), newId('replay'), newId('replay')];
  const dueAt = new Date(now.getTime() + 5);
  const due = { replayId: newer, subscriptionId: 'sub_bulk', dueAt };
  assert.equal(await replayDeliveries.countUnfinished('sub_bulk', 5000), 0);
  assert.equal(await replayDeliveries.makeDue(found, due), 1000);
  assert.equal(await replayDeliveries.countUnfinished('sub_bulk', 5000), 1000);
  assert.equal(await replayDeliveries.countUnfinished('sub_bulk', 700), 700);
  assert.equal(
    await replayDeliveries.makeDue(found, { ...due, replayId: newest }),
    0,
    'they are not as they were found',
  );

  const again = await deliveries.get(many[1]?.id ?? '');
  assert.deepEqual(again, {
    ...many[1],
    status: 'RETRYING',
    priority: 'REPLAY',
    nextAttemptAt: dueAt,
    scheduleFrom: 4,
    finishedAt: null,
  });
  assert.equal((await deliveries.get(many[2]?.id ?? ''))?.status, 'PENDING');

  // Through, and found again by a page that is done once more after a crash, or by an older replay.
  const lock = { by: 'node', at: now };
  const claimed = await deliveries.claim(1000, dueAt, lock);
  await Promise.all(
    claimed.map(({ id }) =>
      deliveries.finish(id, 'node', { status: 'SUCCEEDED', attemptCount: 5, nextAttemptAt: null, finishedAt: dueAt }),
    ),
  );
  assert.equal(await replayDeliveries.countUnfinished('sub_bulk', 5000), 0);
  const refound = await replayDeliveries.find('sub_bulk', ids);
  assert.ok(refound.every(({ status, replayId }) => status === 'SUCCEEDED' && replayId === newer));
  assert.equal(await replayDeliveries.makeDue(refound, due), 0);
  assert.equal(await replayDeliveries.makeDue(refound, { ...due, replayId: older }), 0);
  assert.equal(await replayDeliveries.makeDue(refound, { ...due, replayId: newest, dueAt: null }), 1000);
  const kept = await deliveries.get(many[0]?.id ?? '');
  assert.deepEqual([kept?.isKept, kept?.nextAttemptAt], [true, null]);
  assert.equal(await replayDeliveries.countUnfinished('sub_bulk', 5000), 1000);
  assert.equal(await deliveries.unpark('sub_bulk', now), 1000);
  await deliveries.cancel(['sub_bulk'], now);
  assert.equal(await replayDeliveries.countUnfinished('sub_bulk', 5000), 0);
});

test('what is locked, kept or waits for its turn is left alone', async () => {
  const retrying = { status: 'RETRYING', attemptCount: 1, priority: 'RETRY' } as const;
  const some = [
    deliveryOf(1, 'sub_left', retrying),
    deliveryOf(2, 'sub_left', { ...retrying, isKept: true, nextAttemptAt: null }),
    deliveryOf(3, 'sub_left', { ...retrying, orderGroup: 'g', nextAttemptAt: null }),
    deliveryOf(4, 'sub_left', { ...retrying, nextAttemptAt: new Date(now.getTime() + 9e6) }),
  ];
  await deliveries.insert(some, null);
  await deliveries.claim(10, now, { by: 'node', at: now });
  const found = await replayDeliveries.find(
    'sub_left',
    some.map(({ eventId }) => eventId),
  );
  const due = { replayId: newId('replay'), subscriptionId: 'sub_left', dueAt: now };
  assert.equal(await replayDeliveries.makeDue(found, due), 1);
  assert.deepEqual((await deliveries.get(some[3]?.id ?? ''))?.nextAttemptAt, now);
});

test('a delivery that is there already is not inserted again', async () => {
  const [there, fresh] = [deliveryOf(1, 'sub_twice'), deliveryOf(2, 'sub_twice')];
  await deliveries.insert([there], null);
  const replayId = newId('replay');
  const doubled = deliveryOf(1, 'sub_twice', { priority: 'REPLAY' });
  assert.equal(await replayDeliveries.insert([doubled, fresh], replayId), 1);
  assert.equal(await replayDeliveries.insert([doubled, deliveryOf(2, 'sub_twice')], replayId), 0);
  const found = await replayDeliveries.find('sub_twice', ['e1', 'e2']);
  const marks = found.map(({ eventId, replayId: by }: FoundDelivery) => [eventId, by]);
  assert.deepEqual(marks.sort(), [
    ['e1', null],
    ['e2', replayId],
  ]);
});

test('behind ten thousand replayed deliveries, first attempts and retries are locked in the very next batch', async () => {
  await deliveries.cancel(['sub_left', 'sub_twice'], now);
  const many = (from: number, count: number, parts: Partial<Delivery>): Delivery[] =>
    Array.from({ length: count }, (_, index) => deliveryOf(from + index, 'sub_flood', parts));
  const longAgo = new Date(now.getTime() - 86_400_000);
  for (let from = 0; from < 10_000; from += 2000)
    await replayDeliveries.insert(many(from, 2000, { priority: 'REPLAY', nextAttemptAt: longAgo }), newId('replay'));
  await deliveries.insert(many(20_000, 120, {}), null);
  await deliveries.insert(many(30_000, 30, { priority: 'RETRY', status: 'RETRYING', attemptCount: 1 }), null);
  const claimed = await deliveries.claim(200, now, { by: 'flood', at: now });
  const count = (priority: Delivery['priority']): number => claimed.filter((one) => one.priority === priority).length;
  assert.deepEqual([count('FIRST_ATTEMPT'), count('RETRY'), count('REPLAY')], [120, 30, 50]);
  await deliveries.insert(many(40_000, 1000, {}), null);
  const next = await deliveries.claim(200, now, { by: 'flood', at: now });
  // A replay goes on with its part, one sixteenth, when there is enough of everything.
  const replayed = next.filter(({ priority }) => priority === 'REPLAY').length;
  assert.ok(replayed >= 12 && replayed <= 13, `${replayed}`);
  assert.equal(next.filter(({ priority }) => priority === 'FIRST_ATTEMPT').length, 200 - replayed);
});
