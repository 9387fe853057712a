// The rules of event types: versions, archiving, what stops a deletion, and how fresh publishing sees them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventTypeChange } from '../../src/event-type/event-type-store.js';
import { createEventTypes, type EventTypes, type NewEventType } from '../../src/event-type/event-types.js';
import type { Problem } from '../../src/problem.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';
import { createFakeNewId } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  type MemoryDatabase,
  type MemoryStores,
} from '../kit/memory-stores.js';

interface Setup {
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly clock: FakeClock;
  readonly types: EventTypes;
  usedBy: string | null;
  readonly changes: EventTypeChange[];
  broken: readonly string[];
  /** What it was asked whether it breaks documents, version and schema. */
  readonly asked: [number, unknown][];
  /** Times that documents were checked again. */
  rechecks: number;
}

function setUp(database = createMemoryDatabase()): Setup {
  const stores = createMemoryStores(database);
  const clock = createFakeClock();
  const types = createEventTypes({
    store: stores.eventTypes,
    clock,
    newId: createFakeNewId(),
    usedBy: async () => setup.usedBy,
    collisionOf: (name) => (name === 'events' ? 'the field Subscription.events' : null),
    changed: (change) => setup.changes.push(change),
    async brokenBy({ version, schema }) {
      setup.asked.push([version, schema]);
      return setup.broken;
    },
    async versionChanged() {
      setup.rechecks += 1;
    },
  });
  const setup: Setup = {
    database,
    stores,
    clock,
    types,
    usedBy: null,
    changes: [],
    broken: [],
    asked: [],
    rechecks: 0,
  };
  return setup;
}

const number = { type: 'object', properties: { a: { type: 'number' } } };
const text = { type: 'object', properties: { a: { type: 'string' } } };

test('a new event type is active and has version 1', async () => {
  const { types, clock } = setUp();
  const created = await types.create({
    name: 'order.created',
    description: ' An order. ',
    schema: number,
    example: { a: 1 },
  });
  assert.deepEqual(
    [created.version, created.status, created.description, created.createdAt, created.versionCreatedAt],
    [1, 'ACTIVE', 'An order.', clock.now(), clock.now()],
  );
  assert.deepEqual(await types.getByName('order.created'), created);
  assert.deepEqual(await types.get(created.id), created);
});

const refused: readonly [string, NewEventType, string, string][] = [
  ['a name against the grammar', { name: 'Order' }, 'NAME_INVALID', 'name'],
  ['a name of ours', { name: 'carillon.test' }, 'NAME_INVALID', 'name'],
  ['a schema that is none', { name: 'a', schema: { type: 'nonsense' } }, 'SCHEMA_INVALID', 'schema.type'],
  ['a remote reference', { name: 'a', schema: { $ref: 'https://x.example/s' } }, 'SCHEMA_INVALID', 'schema'],
  [
    'an example that breaks the schema',
    { name: 'a', schema: number, example: { a: 'x' } },
    'DATA_INVALID',
    'example.a',
  ],
  ['a long description', { name: 'a', description: 'x'.repeat(4097) }, 'INVALID_INPUT', 'description'],
];
for (const [what, input, code, field] of refused) {
  test(`${what} is refused with ${code} on ${field}, and nothing is written`, async () => {
    const { types, database } = setUp();
    await assert.rejects(types.create(input), { code, field });
    assert.equal(database.eventTypes.size, 0);
  });
}

test('names that differ by their separators only collide', async () => {
  const { types } = setUp();
  await types.create({ name: 'order.created' });
  for (const name of ['order.created', 'order_created'])
    await assert.rejects(types.create({ name }), { code: 'NAME_TAKEN', field: 'name' });
});

test('each change of the schema makes a new version, and nothing else does', async () => {
  const { types, clock } = setUp();
  const { id } = await types.create({ name: 'a', schema: number });
  await clock.advance(1000);
  const described = await types.update('a', { description: 'x', example: { a: 1 } });
  assert.deepEqual([described.version, described.updatedAt], [1, clock.now()]);
  assert.equal((await types.update('a', { schema: { ...number } })).version, 1);
  const second = await types.update('a', { schema: text, example: null });
  assert.deepEqual([second.version, second.versionCreatedAt], [2, clock.now()]);
  const third = await types.update('a', { schema: null });
  assert.deepEqual([third.id, third.version, third.schema], [id, 3, null]);
  const versions = await types.versions(third);
  assert.deepEqual(
    versions.map(({ version, schema }) => [version, schema]),
    [
      [3, null],
      [2, text],
      [1, number],
    ],
  );
});

test('a change grows the time of change although the clock stands still', async () => {
  const { types } = setUp();
  const first = await types.create({ name: 'a' });
  const second = await types.update('a', { description: 'x' });
  assert.ok(second.updatedAt > first.updatedAt);
});

test('a change whose example no longer matches is refused and changes nothing', async () => {
  const { types } = setUp();
  const created = await types.create({ name: 'a', schema: number, example: { a: 1 } });
  await assert.rejects(types.update('a', { schema: text }), { code: 'DATA_INVALID', field: 'example.a' });
  assert.deepEqual(await types.getByName('a'), created);
  assert.equal((await types.update('a', { schema: text, example: { a: 'x' } })).version, 2);
});

test('of two changes at the same time one is a conflict, and both versions are kept apart', async () => {
  const { types, stores } = setUp();
  await types.create({ name: 'a', schema: number });
  const hold = stores.faults.hold('eventTypes.replace');
  const late = types.update('a', { schema: null });
  await hold.reached;
  await types.update('a', { schema: text });
  hold.release();
  await assert.rejects(late, { code: 'CONFLICT', field: 'name' });
  const current = await types.getByName('a');
  assert.deepEqual(current?.schema, text);
  assert.deepEqual(current && (await types.versions(current)).map(({ version }) => version), [2, 1]);
});

test('what does not exist cannot be changed or deleted', async () => {
  const { types } = setUp();
  await assert.rejects(types.update('none', {}), { code: 'NOT_FOUND', field: 'name' });
  await assert.rejects(types.delete('none'), { code: 'NOT_FOUND', field: 'name' });
});

test('a type in use is not deleted, and the message says by what', async () => {
  const setup = setUp();
  await setup.types.create({ name: 'a' });
  setup.usedBy = 'the webhook subscription sub_1 names it';
  await assert.rejects(setup.types.delete('a'), (error: Error) => /sub_1/.test(error.message));
  setup.usedBy = null;
  await setup.types.delete('a');
  assert.equal(await setup.types.getByName('a'), null);
});

test('publishing sees a change here at once, and one by another node within a second', async () => {
  const database = createMemoryDatabase();
  const [here, there] = [setUp(database), setUp(database)];
  await here.types.create({ name: 'a', schema: number });
  const first = await here.types.publishable('a');
  assert.equal(first.version, 1);
  assert.throws(() => first.checkData({ a: 'x' }), { code: 'DATA_INVALID', field: 'data.a' });
  await here.types.update('a', { schema: text });
  const second = await here.types.publishable('a');
  second.checkData({ a: 'x' });
  assert.equal(second.version, 2);
  await there.types.update('a', { schema: null });
  assert.equal(await here.types.publishable('a'), second);
  await here.clock.advance(1000);
  assert.equal((await here.types.publishable('a')).version, 3);
});

test('an unchanged type is compiled once and read once a second', async () => {
  const { types, clock, stores } = setUp();
  await types.create({ name: 'a', schema: number });
  const first = await types.publishable('a');
  const reads = (): number => stores.faults.calls.get('eventTypes.getByName') ?? 0;
  const before = reads();
  for (let index = 0; index < 10; index += 1) assert.equal(await types.publishable('a'), first);
  assert.equal(reads(), before);
  await clock.advance(1000);
  assert.equal(await types.publishable('a'), first);
  assert.equal(reads(), before + 1);
});

test('archived and unknown types cannot be published, and one taken back can', async () => {
  const { types } = setUp();
  await types.create({ name: 'a' });
  await types.publishable('a');
  await types.update('a', { status: 'ARCHIVED' });
  await assert.rejects(types.publishable('a'), { code: 'EVENT_TYPE_UNKNOWN', field: 'type' });
  await assert.rejects(types.publishable('none'), { code: 'EVENT_TYPE_UNKNOWN', field: 'type' });
  await types.update('a', { status: 'ACTIVE' });
  assert.equal((await types.publishable('a')).version, 1);
  await types.delete('a');
  await assert.rejects(types.publishable('a'), { code: 'EVENT_TYPE_UNKNOWN' });
});

test('a type that was deleted and made anew by another node is not taken for the old one', async () => {
  const database = createMemoryDatabase();
  const [here, there] = [setUp(database), setUp(database)];
  await here.types.create({ name: 'x' });
  await here.types.create({ name: 'a', schema: number });
  await here.types.publishable('a');
  await there.types.delete('a');
  await there.types.create({ name: 'a', schema: text });
  await here.clock.advance(1000);
  (await here.types.publishable('a')).checkData({ a: 'x' });
});

test('a name whose GraphQL types the API has itself can have no schema, whenever that comes', async () => {
  const { types } = setUp();
  const refused = { code: 'NAME_TAKEN', message: /collide with the field Subscription\.events/ };
  await assert.rejects(types.create({ name: 'events', schema: number }), { ...refused, field: 'name' });
  await types.create({ name: 'events' });
  await assert.rejects(types.update('events', { schema: number }), { ...refused, field: 'schema' });
});

test('each change is told once it is written, and a refused one is not', async () => {
  const setup = setUp();
  await setup.types.create({ name: 'a.b', schema: number });
  await assert.rejects(setup.types.create({ name: 'a_b' }));
  await setup.types.update('a.b', { schema: text });
  await setup.types.delete('a.b');
  assert.deepEqual(
    setup.changes.map((change) => (change.kind === 'put' ? change.eventType.version : change.kind)),
    [1, 2, 'remove'],
  );
});

test('a schema that breaks saved documents is refused by the names of their webhook subscriptions, and nothing changes', async () => {
  const setup = setUp();
  const { types, changes } = setup;
  const created = await types.create({ name: 'a', schema: number });
  setup.broken = ['sub_1', 'sub_2'];
  await assert.rejects(types.update('a', { schema: text, description: 'x' }), (error: Problem) => {
    assert.deepEqual([error.code, error.field], ['IN_USE', 'schema']);
    assert.match(error.message, /such as sub_1, sub_2; change them first, or say force/);
    return true;
  });
  assert.deepEqual(await types.getByName('a'), created);
  assert.deepEqual([setup.asked, changes.length, setup.rechecks], [[[2, text]], 1, 0]);
  assert.deepEqual((await types.versions(created)).length, 1);
});

test('a forced schema is not asked about, and documents are checked again once it is written', async () => {
  const setup = setUp();
  const { types, changes } = setup;
  await types.create({ name: 'a', schema: number });
  setup.broken = ['sub_1'];
  assert.equal((await types.update('a', { schema: text }, true)).version, 2);
  assert.deepEqual([setup.asked, changes.length, setup.rechecks], [[], 2, 1]);
  setup.broken = [];
  assert.equal((await types.update('a', { schema: number })).version, 3);
  assert.deepEqual([setup.asked, setup.rechecks], [[[3, number]], 2]);
});

test('a change that leaves the schema as it is breaks no document, and none is looked at', async () => {
  const setup = setUp();
  setup.broken = ['sub_1'];
  await setup.types.create({ name: 'a', schema: number });
  await setup.types.update('a', { description: 'x', schema: { ...number }, status: 'ARCHIVED' });
  assert.deepEqual([setup.asked, setup.rechecks], [[], 0]);
});
