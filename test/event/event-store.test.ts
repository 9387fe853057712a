// Events in the database: what leaves the log while its deliveries are still to come.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { createEventStore, type EventStore } from '../../src/event/event-store.js';
import { openStore } from '../../src/store.js';
import { newEventOf } from '../kit/memory-stores.js';

const closers: (() => Promise<void>)[] = [];
let events: EventStore;

before(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'events-'));
  const embedded = await startEmbeddedMongo({ dataDir });
  const database = await openStore(embedded.uri, () => 'aabbccdd');
  closers.push(
    () => rm(dataDir, { recursive: true }),
    () => embedded.close(),
    () => database.close(),
  );
  events = createEventStore(database.connection);
  await events.createIndexes();
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

const day = (n: number): Date => new Date(Date.UTC(2026, 0, n));

test('what is to be delivered later leaves the log and is held until then', async () => {
  const items = Array.from({ length: 60 }, (_, index) =>
    newEventOf(`e${index + 1}`, {
      deliverAt: index % 2 === 0 ? day(100 + index) : null,
      orderingKey: 'key',
      idempotencyKey: `key ${index}`,
      dataJson: `{"n":${index + 1},"$odd.name":"x"}`,
    }),
  );
  assert.equal(await events.insert(items, 1), null);
  const ids = items.map(({ id }) => id);
  const before = await events.findMany(ids);
  assert.equal(await events.deleteBelow(60, 500, day(110)), 59);
  assert.deepEqual(
    (await events.read({ limit: 10 })).map(({ sequence }) => sequence),
    [60],
  );
  const still = await events.findMany(ids);
  const wanted = before.filter(
    ({ sequence, deliverAt }) => sequence === 60 || (deliverAt !== null && deliverAt > day(110)),
  );
  const byId = (list: typeof still): unknown[] =>
    list.map((event) => ({ ...event, data: event.data })).sort((a, b) => a.sequence - b.sequence);
  assert.equal(still.length, 25);
  assert.deepEqual(byId(still), byId(wanted));
  // The keys of what has left the log are free.
  assert.equal(await events.find({ idempotencyKey: 'key 58' }), null);
  assert.equal(await events.find({ id: 'e59' }), null);

  assert.equal(await events.deleteHeld(day(112), 500), 1);
  assert.equal(await events.deleteHeld(day(130), 5), 5);
  assert.equal(await events.deleteHeld(day(130), 500), 4);
  assert.equal((await events.findMany(ids)).length, 15);
  assert.equal(await events.deleteHeld(day(999), 500), 14);
  assert.deepEqual(
    (await events.findMany(ids)).map(({ id }) => id),
    ['e60'],
  );
});

test('an event that is in the log and held, as a crash leaves it, is found once', async () => {
  const item = newEventOf('twice', { deliverAt: day(200) });
  await events.insert([item], 61);
  await events.insert([newEventOf('end')], 62);
  await events.deleteBelow(62, 500, day(1));
  await events.insert([item], 61);
  assert.equal((await events.findMany(['twice'])).length, 1);
  assert.equal(await events.deleteBelow(62, 500, day(1)), 1);
  assert.equal((await events.findMany(['twice'])).length, 1);
});
