// The copy of event types in memory: it ends up like the database whatever its change stream does, and waits for what others wrote.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { EventType } from '../../src/event-type/event-type.js';
import { collisionKey } from '../../src/event-type/event-type-name.js';
import { type FollowedEventTypes, followEventTypes } from '../../src/event-type/followed-event-types.js';
import { eventTypeOf } from '../kit/event-type-copy.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  type MemoryDatabase,
  type MemoryStores,
  type RecordedLog,
  resumeStreams,
} from '../kit/memory-stores.js';

interface Node {
  readonly clock: FakeClock;
  readonly stores: MemoryStores;
  readonly log: RecordedLog;
  readonly followed: FollowedEventTypes;
}

const nodes: Node[] = [];
afterEach(async () => {
  for (const { followed, clock } of nodes.splice(0)) {
    const closed = followed.close();
    await clock.advance(1000);
    await closed;
  }
});

function startNode(database: MemoryDatabase, isShared = true): Node {
  const [clock, stores, log] = [createFakeClock(), createMemoryStores(database), createRecordedLog()];
  const followed = followEventTypes({ store: stores.eventTypes, isShared, clock, log });
  const node = { clock, stores, log, followed };
  nodes.push(node);
  return node;
}

const create = ({ eventTypes }: MemoryStores, eventType: EventType): Promise<void> =>
  eventTypes.create(eventType, collisionKey(eventType.name));
const versionsIn = (followed: FollowedEventTypes): string[] =>
  [...followed.all()].map(({ name, version }) => `${name} ${version}`).sort();
const typeOf = (name: string, version = 1): EventType => eventTypeOf(name, { type: 'object' }, version);

test('what is there at the start is loaded, and changes by anybody arrive', async () => {
  const database = createMemoryDatabase();
  const other = createMemoryStores(database);
  await create(other, typeOf('order.created'));
  const { followed } = startNode(database);
  await followed.loaded;
  assert.deepEqual(versionsIn(followed), ['order.created 1']);
  await create(other, typeOf('order.paid'));
  await other.eventTypes.replace(typeOf('order.created'), typeOf('order.created', 2));
  await settle();
  assert.deepEqual(versionsIn(followed), ['order.created 2', 'order.paid 1']);
  await other.eventTypes.delete(typeOf('order.created', 2));
  await settle();
  assert.deepEqual([versionsIn(followed), followed.get('order.created')], [['order.paid 1'], null]);
  assert.equal(followed.getByKey(collisionKey('order.created')), null);
});

test('an event type is found by its name and by what its GraphQL names begin with', async () => {
  const { followed, stores } = startNode(createMemoryDatabase());
  await create(stores, typeOf('order_line.created'));
  await settle();
  const found = followed.get('order_line.created');
  assert.equal(found?.name, 'order_line.created');
  assert.equal(followed.getByKey('OrderLineCreated'), found);
  assert.equal(followed.get('order.line.created'), null);
  assert.equal(followed.getByKey('orderLineCreated'), null);
});

test('the revision grows with what changes, and with nothing else', async () => {
  const { followed } = startNode(createMemoryDatabase());
  await followed.loaded;
  const { revision } = followed;
  const put = (version: number): void => followed.apply({ kind: 'put', eventType: typeOf('a', version) });
  put(2);
  assert.equal(followed.revision, revision + 1);
  // What the change stream brings later is known already, or older.
  put(2);
  put(1);
  assert.deepEqual([followed.revision, followed.get('a')?.version], [revision + 1, 2]);
  followed.apply({ kind: 'remove', id: 'ety_none' });
  assert.equal(followed.revision, revision + 1);
  followed.apply({ kind: 'remove', id: 'ety_a' });
  assert.deepEqual([followed.revision, versionsIn(followed)], [revision + 2, []]);
});

test('a name that was given anew is kept when its former owner is taken away late', async () => {
  const { followed } = startNode(createMemoryDatabase());
  await followed.loaded;
  const former = typeOf('order.created');
  const later: EventType = { ...typeOf('order_created', 2), id: 'ety_2' };
  followed.apply({ kind: 'put', eventType: former });
  followed.apply({ kind: 'put', eventType: later });
  followed.apply({ kind: 'remove', id: former.id });
  assert.equal(followed.getByKey('OrderCreated')?.id, 'ety_2');
  assert.deepEqual([followed.get('order.created'), followed.get('order_created')?.id], [null, 'ety_2']);
});

test('who waits sees what was written before, also when the change stream tells nothing', async () => {
  const database = createMemoryDatabase();
  const { followed, stores } = startNode(database);
  const other = createMemoryStores(database);
  await create(other, typeOf('kept'));
  await create(other, typeOf('gone'));
  await followed.caughtUp();
  stores.faults.areStreamsHeld = true;
  await create(other, typeOf('new'));
  await other.eventTypes.replace(typeOf('kept'), typeOf('kept', 2));
  await other.eventTypes.delete(typeOf('gone'));
  await settle();
  assert.deepEqual(versionsIn(followed), ['gone 1', 'kept 1']);
  await followed.caughtUp();
  assert.deepEqual(versionsIn(followed), ['kept 2', 'new 1']);
  const { revision } = followed;
  resumeStreams(database, stores.faults);
  await settle();
  assert.deepEqual([versionsIn(followed), followed.revision], [['kept 2', 'new 1'], revision]);
});

test('those who come while one comparison runs share the next, which begins after they came', async () => {
  const database = createMemoryDatabase();
  const { followed, stores } = startNode(database);
  await followed.loaded;
  stores.faults.areStreamsHeld = true;
  const compared = (): number => stores.faults.calls.get('eventTypes.changes') ?? 0;
  const hold = stores.faults.hold('eventTypes.changes', 'after');
  const first = followed.caughtUp();
  await hold.reached;
  await create(createMemoryStores(database), typeOf('late'));
  const others = [followed.caughtUp(), followed.caughtUp(), followed.caughtUp()];
  await settle();
  assert.equal(compared(), 1);
  hold.release();
  await first;
  assert.equal(followed.get('late'), null, 'the first began before it was written');
  await Promise.all(others);
  assert.deepEqual([followed.get('late')?.name, compared()], ['late', 2]);
});

test('a database that does not answer fails those who wait, and the next is answered', async () => {
  const { followed, stores } = startNode(createMemoryDatabase());
  await followed.loaded;
  stores.faults.failBefore('eventTypes.changes');
  await assert.rejects(followed.caughtUp(), /eventTypes\.changes failed/);
  await followed.caughtUp();
});

test('a process that has the database to itself waits for its first loading alone', async () => {
  const { followed, stores } = startNode(createMemoryDatabase(), false);
  await followed.caughtUp();
  assert.equal(stores.faults.calls.get('eventTypes.changes'), undefined);
});

test('a lost change stream is told, and what happened meanwhile is read again, deletions included', async () => {
  const database = createMemoryDatabase();
  const { followed, stores, clock, log } = startNode(database);
  const other = createMemoryStores(database);
  await create(other, typeOf('gone'));
  await followed.caughtUp();
  stores.faults.breakStreams();
  await settle();
  assert.equal(log.lines[0]?.level, 'warn');
  await other.eventTypes.delete(typeOf('gone'));
  await create(other, typeOf('new'));
  await settle();
  assert.deepEqual(versionsIn(followed), ['gone 1']);
  await clock.advance(500);
  assert.deepEqual(versionsIn(followed), ['new 1']);
});

test('what this process writes while the copy is loaded stays in it', async () => {
  const database = createMemoryDatabase();
  const { followed, stores } = startNode(database);
  await followed.loaded;
  const mine = typeOf('mine');
  await create(stores, mine);
  followed.apply({ kind: 'put', eventType: mine });
  await settle();
  assert.deepEqual(versionsIn(followed), ['mine 1']);
  stores.faults.breakStreams();
  await settle();
  const [{ clock }] = nodes as [Node];
  await clock.advance(500);
  assert.deepEqual(versionsIn(followed), ['mine 1']);
});
