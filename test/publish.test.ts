// Publishing: what is refused before anything is written, what a repeated publish answers, and what follows an append.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEventLog } from '../src/event/event-log.js';
import type { EventType } from '../src/event-type/event-type.js';
import { createEventTypes } from '../src/event-type/event-types.js';
import { Problem } from '../src/problem.js';
import { afterAppend, createPublisher, type Publisher, type PublishInput } from '../src/publish.js';
import { createMeter } from '../src/stats/meter.js';
import { createFakeClock, type FakeClock } from './kit/fake-clock.js';
import { createFakeNewId } from './kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  type MemoryDatabase,
  type MemoryStores,
} from './kit/memory-stores.js';

interface Setup {
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly clock: FakeClock;
  readonly publisher: Publisher;
  readonly planned: number[];
  readonly shown: number[];
}

async function setUp(maxDataBytes = 1000): Promise<Setup> {
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const clock = createFakeClock();
  const newId = createFakeNewId();
  const meter = createMeter();
  const eventTypes = createEventTypes({
    store: stores.eventTypes,
    clock,
    newId,
    usedBy: async () => null,
    collisionOf: () => null,
    changed: () => undefined,
    brokenBy: async () => [],
    versionChanged: async () => undefined,
  });
  const schema = { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] };
  await eventTypes.create({ name: 'order.created', schema });
  await eventTypes.create({ name: 'anything' });
  await eventTypes.create({ name: 'old' });
  await eventTypes.update('old', { status: 'ARCHIVED' });
  const [planned, shown]: [number[], number[]] = [[], []];
  const planner = {
    plan: (events: readonly { sequence: number }[]) => void planned.push(...events.map(({ sequence }) => sequence)),
    sweep: async () => 0,
    markMoved: async () => undefined,
    idle: async () => undefined,
  };
  const tail = {
    position: 0,
    show: (events: readonly { sequence: number }[]) => void shown.push(...events.map(({ sequence }) => sequence)),
    after: () => null,
    lookAgain: () => undefined,
    losses: 0,
    onAdvance: () => undefined,
    close: async () => undefined,
  };
  const log = createEventLog({
    onUncertain: () => undefined,
    store: stores.events,
    log: createRecordedLog(),
    onAppended: afterAppend(planner, tail),
  });
  const publisher = createPublisher({
    eventTypes,
    log,
    events: stores.events,
    applicationExists: async (id) => id === 'app_a',
    clock,
    newId,
    meter,
    maxDataBytes,
  });
  return { database, stores, clock, publisher, planned, shown };
}

const order = (parts: Partial<PublishInput> = {}): PublishInput => ({
  type: 'order.created',
  data: { amount: 1 },
  ...parts,
});

test('an event gets its defaults, its place in the log, and goes to planning and to live clients', async () => {
  const { publisher, clock, planned, shown } = await setUp();
  const { event, duplicate } = await publisher.publish(order());
  assert.equal(duplicate, false);
  assert.match(event.id, /^evt_/);
  assert.deepEqual(
    [event.sequence, event.source, event.subject, event.time, event.typeVersion, event.applicationId, event.data],
    [1, 'carillon', null, clock.now(), 1, null, { amount: 1 }],
  );
  assert.deepEqual([planned, shown], [[1], [1]]);
});

test('what is given is kept', async () => {
  const { publisher } = await setUp();
  const time = new Date('2020-02-02T02:02:02.020Z');
  const given = {
    id: 'mine-1',
    source: 'https://shop.example/a%20b',
    subject: ' order 1 ',
    time,
    applicationId: 'app_a',
  };
  const { event } = await publisher.publish(order(given));
  const { id, source, subject, applicationId } = event;
  assert.deepEqual({ id, source, subject, time: event.time, applicationId }, { ...given, subject: 'order 1' });
});

test('an event without data has the data null', async () => {
  const { publisher } = await setUp();
  const { event } = await publisher.publish({ type: 'anything' });
  assert.deepEqual([event.data, event.dataJson], [null, 'null']);
});

const refused: readonly [string, PublishInput, string, string][] = [
  ['an unknown event type', order({ type: 'order.lost' }), 'EVENT_TYPE_UNKNOWN', 'type'],
  ['an archived event type', order({ type: 'old' }), 'EVENT_TYPE_UNKNOWN', 'type'],
  ['data that breaks its schema', order({ data: { amount: 'x' } }), 'DATA_INVALID', 'data.amount'],
  ['missing data', { type: 'order.created' }, 'DATA_INVALID', 'data'],
  ['large data', { type: 'anything', data: 'x'.repeat(999) }, 'TOO_LARGE', 'data'],
  ['data that is large in UTF-8 only', { type: 'anything', data: '€'.repeat(400) }, 'TOO_LARGE', 'data'],
  ['an empty id', order({ id: '' }), 'INVALID_INPUT', 'id'],
  ['an id with a dot', order({ id: 'a.b' }), 'INVALID_INPUT', 'id'],
  ['an id with a blank', order({ id: 'a b' }), 'INVALID_INPUT', 'id'],
  ['a long id', order({ id: 'x'.repeat(129) }), 'INVALID_INPUT', 'id'],
  ['an id like ours', order({ id: `evt_${'0'.repeat(24)}` }), 'INVALID_INPUT', 'id'],
  ['an id like one of our deliveries', order({ id: `dlv_${'0'.repeat(24)}` }), 'INVALID_INPUT', 'id'],
  ['an empty key', order({ idempotencyKey: '' }), 'INVALID_INPUT', 'idempotencyKey'],
  ['a long key', order({ idempotencyKey: 'x'.repeat(257) }), 'INVALID_INPUT', 'idempotencyKey'],
  ['a source that is no URI reference', order({ source: 'a b' }), 'INVALID_INPUT', 'source'],
  ['an empty source', order({ source: '' }), 'INVALID_INPUT', 'source'],
  ['a long subject', order({ subject: 'x'.repeat(1025) }), 'INVALID_INPUT', 'subject'],
  ['an empty orderingKey', order({ orderingKey: '' }), 'INVALID_INPUT', 'orderingKey'],
  ['a long orderingKey', order({ orderingKey: 'x'.repeat(257) }), 'INVALID_INPUT', 'orderingKey'],
  ['a deliverAt that is no instant', order({ deliverAt: new Date(Number.NaN) }), 'INVALID_INPUT', 'deliverAt'],
  ['a deliverAt too far ahead', order({ deliverAt: new Date('2027-06-01T00:00:00Z') }), 'INVALID_INPUT', 'deliverAt'],
  ['an unknown application', order({ applicationId: 'app_none' }), 'NOT_FOUND', 'application'],
];
for (const [what, input, code, field] of refused) {
  test(`${what} is refused with ${code} on ${field}, alone and in a list, and nothing is written`, async () => {
    const { publisher, database } = await setUp();
    await assert.rejects(publisher.publish(input), { code, field });
    await assert.rejects(publisher.publishAll([order(), order(), input]), { code, field: `events.2.${field}` });
    assert.equal(database.events.length, 0);
  });
}

test('data may be as large as the limit', async () => {
  const { publisher } = await setUp(1000);
  await publisher.publish({ type: 'anything', data: 'x'.repeat(998) });
  await publisher.publish({ type: 'anything', data: '€'.repeat(332) });
});

test('a list has 1 to 1,000 events', async () => {
  const { publisher, database } = await setUp();
  await assert.rejects(publisher.publishAll([]), { code: 'INVALID_INPUT', field: 'events' });
  await assert.rejects(publisher.publishAll(Array(1001).fill(order())), { code: 'INVALID_INPUT', field: 'events' });
  assert.equal((await publisher.publishAll(Array(1000).fill(order()))).length, 1000);
  assert.equal(database.events.length, 1000);
});

test('the same key or id with the same content answers the first event', async () => {
  const { publisher, clock, database } = await setUp();
  const first = await publisher.publish(order({ idempotencyKey: 'k', data: { amount: 1, note: 'a' } }));
  await clock.advance(5000);
  const again = await publisher.publish(order({ idempotencyKey: 'k', data: { note: 'a', amount: 1 } }));
  assert.deepEqual([again.event.id, again.event.sequence, again.duplicate], [first.event.id, 1, true]);
  const mine = await publisher.publish(order({ id: 'mine' }));
  assert.deepEqual((await publisher.publish(order({ id: 'mine' }))).event.sequence, mine.event.sequence);
  assert.equal(database.events.length, 2);
});

const others: readonly [string, Partial<PublishInput>][] = [
  ['data', { data: { amount: 2 } }],
  ['type', { type: 'anything' }],
  ['subject', { subject: 's' }],
  ['source', { source: 'other' }],
  ['time', { time: new Date(0) }],
  ['application', { applicationId: 'app_a' }],
];
for (const [what, parts] of others) {
  test(`the same key with another ${what} is refused, alone and in a list, and nothing is written`, async () => {
    const { publisher, database } = await setUp();
    await publisher.publish(order({ idempotencyKey: 'k' }));
    await publisher.publish(order({ id: 'mine' }));
    for (const [key, field] of [
      [{ idempotencyKey: 'k' }, 'idempotencyKey'],
      [{ id: 'mine' }, 'id'],
    ] as const) {
      const code = 'IDEMPOTENCY_KEY_REUSED';
      await assert.rejects(publisher.publish(order({ ...parts, ...key })), { code, field });
      const list = [order(), order({ ...parts, ...key })];
      await assert.rejects(publisher.publishAll(list), { code, field: `events.1.${field}` });
    }
    assert.equal(database.events.length, 2);
  });
}

test('an id used before is refused in a list although the key beside it is new, and nothing is written', async () => {
  const { publisher, database } = await setUp();
  await publisher.publish(order({ id: 'mine' }));
  const list = [order(), order({ id: 'mine', idempotencyKey: 'new', data: { amount: 2 } })];
  await assert.rejects(publisher.publishAll(list), { code: 'IDEMPOTENCY_KEY_REUSED', field: 'events.1.id' });
  assert.equal(database.events.length, 1);
});

test('a key used twice in one list with other content is refused, and nothing is written', async () => {
  for (const key of [{ idempotencyKey: 'k' }, { id: 'mine' }]) {
    const { publisher, database } = await setUp();
    const list = [order(key), order(), order({ ...key, data: { amount: 2 } })];
    const field = `events.2.${Object.keys(key)[0]}`;
    await assert.rejects(publisher.publishAll(list), { code: 'IDEMPOTENCY_KEY_REUSED', field });
    assert.equal(database.events.length, 0);
  }
});

test('a key used twice in one list with the same content is one event', async () => {
  const { publisher, database } = await setUp();
  const published = await publisher.publishAll([order({ idempotencyKey: 'k' }), order({ idempotencyKey: 'k' })]);
  assert.deepEqual(
    published.map(({ event, duplicate }) => [event.sequence, duplicate]),
    [
      [1, false],
      [1, true],
    ],
  );
  assert.equal(database.events.length, 1);
});

test('a duplicate is neither planned nor shown a second time', async () => {
  const { publisher, planned, shown } = await setUp();
  await publisher.publish(order({ id: 'mine' }));
  await publisher.publish(order({ id: 'mine' }));
  assert.deepEqual([planned, shown], [[1], [1]]);
});

test('a list keeps its order and is written at once', async () => {
  const { publisher, stores } = await setUp();
  const published = await publisher.publishAll([3, 1, 2].map((amount) => order({ data: { amount } })));
  assert.deepEqual(
    published.map(({ event }) => [event.sequence, event.data]),
    [
      [1, { amount: 3 }],
      [2, { amount: 1 }],
      [3, { amount: 2 }],
    ],
  );
  assert.equal(stores.faults.calls.get('events.insert'), 1);
});

test('a test event is for its webhook subscription alone', async () => {
  const { publisher } = await setUp();
  const event = await publisher.publishTest({ id: 'sub_1', applicationId: 'app_a' }, { hello: 1 });
  assert.deepEqual(
    [event.type, event.onlySubscriptionId, event.applicationId, event.data],
    ['carillon.test', 'sub_1', 'app_a', { hello: 1 }],
  );
  const large = publisher.publishTest({ id: 'sub_1', applicationId: null }, 'x'.repeat(2000));
  await assert.rejects(large, { code: 'TOO_LARGE', field: 'data' });
});

test('our own event type cannot be published by others', async () => {
  const { publisher } = await setUp();
  await assert.rejects(publisher.publish({ type: 'carillon.test' }), { code: 'EVENT_TYPE_UNKNOWN' });
});

test('any JSON data comes back as it was given', async () => {
  const { publisher } = await setUp(100_000);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (data) => {
      const { event } = await publisher.publish({ type: 'anything', data });
      assert.deepEqual(event.data, JSON.parse(JSON.stringify(data)));
    }),
    { numRuns: 100 },
  );
});

test('only problems are thrown, whatever id, key, source and subject are given', async () => {
  const { publisher } = await setUp();
  const texts = fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: null });
  const inputs = fc.record({ id: texts, idempotencyKey: texts, source: texts, subject: texts });
  await fc.assert(
    fc.asyncProperty(inputs, async (parts) => {
      await publisher.publish(order(parts)).catch((error: unknown) => {
        assert.ok(error instanceof Problem, String(error));
        assert.ok(error.field !== null && error.field in parts);
      });
    }),
    { numRuns: 200 },
  );
});

test('types of the event types in these tests are what they say', async () => {
  const { database } = await setUp();
  const byName = (name: string): EventType | undefined =>
    [...database.eventTypes.values()].find((one) => one.name === name);
  assert.deepEqual([byName('old')?.status, byName('anything')?.schema], ['ARCHIVED', null]);
});
