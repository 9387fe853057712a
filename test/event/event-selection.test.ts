// Which events a reader may have and asked for, and where its cursor stands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCursor } from '../../src/event/cursor.js';
import { createEventLog } from '../../src/event/event-log.js';
import { openEventCursor, selectEvents } from '../../src/event/event-selection.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  newEventOf,
} from '../kit/memory-stores.js';

const everything = { applicationId: null };

test('without types and filter everything passes, for a reader who may see all', () => {
  const wants = selectEvents(everything);
  assert.equal(wants(eventOf(1)), true);
  assert.equal(wants(eventOf(1, { applicationId: 'app_a' })), true);
});

test('an application sees what is addressed to it or to all', () => {
  const wants = selectEvents({ applicationId: 'app_a' });
  const seen = [null, 'app_a', 'app_b', ''].map((applicationId) => wants(eventOf(1, { applicationId })));
  assert.deepEqual(seen, [true, true, false, false]);
});

test('what is told to one webhook subscription of the platform is for no application', () => {
  const test = eventOf(1, { onlySubscriptionId: 'sub_a' });
  assert.equal(selectEvents({ applicationId: 'app_a' })(test), false);
  assert.equal(selectEvents(everything)(test), true);
  const own = eventOf(1, { onlySubscriptionId: 'sub_a', applicationId: 'app_a' });
  assert.equal(selectEvents({ applicationId: 'app_a' })(own), true);
});

test('types and filter both have to match', () => {
  const wants = selectEvents({ ...everything, types: ['order.*', 'a'], filter: { 'data.amount': { $gte: 1 } } });
  assert.equal(wants(eventOf(1)), true);
  assert.equal(wants(eventOf(1, { type: 'order' })), false);
  assert.equal(wants(eventOf(1, { dataJson: '{"amount":0}' })), false);
});

test('an event that is not wanted by type is not parsed', () => {
  const wants = selectEvents({ ...everything, types: ['a'], filter: { 'data.amount': 1 } });
  assert.equal(wants(eventOf(1, { type: 'b', dataJson: 'no JSON at all' })), false);
});

for (const [what, query, code, field] of [
  ['no types', { types: [] }, 'INVALID_INPUT', 'types'],
  ['too many types', { types: Array<string>(101).fill('*') }, 'INVALID_INPUT', 'types'],
  ['a bad pattern', { types: ['*', 'a.*.b'] }, 'NAME_INVALID', 'types.1'],
  ['a bad filter', { filter: { nonsense: 1 } }, 'FILTER_INVALID', 'filter.nonsense'],
] as const) {
  test(`${what} is refused with ${code} on ${field}`, () => {
    assert.throws(() => selectEvents({ ...everything, ...query }), { code, field });
  });
}

const logId = '0123abcd';
async function setUp() {
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const log = createEventLog({
    onUncertain: () => undefined,
    store: stores.events,
    log: createRecordedLog(),
    onAppended: () => undefined,
  });
  await log.append(Array.from({ length: 10 }, (_, index) => newEventOf(`e${index}`)));
  const open = (sequence: number, id = logId): Promise<number> =>
    openEventCursor(encodeCursor({ logId: id, sequence }), logId, log);
  return { database, open, log };
}

test('a cursor stands for its sequence, from before the first event to the head', async () => {
  const { open } = await setUp();
  assert.deepEqual(await Promise.all([open(0), open(5), open(10)]), [0, 5, 10]);
});

test('a cursor ahead of the log, of another log, or none at all is CURSOR_INVALID', async () => {
  const { open, log } = await setUp();
  const invalid = { code: 'CURSOR_INVALID', field: 'after' };
  await assert.rejects(open(11), invalid);
  await assert.rejects(open(5, 'ffffffff'), invalid);
  await assert.rejects(openEventCursor('nonsense', logId, log), invalid);
});

test('a cursor is expired when the event behind it is gone, and not before', async () => {
  const { open, database } = await setUp();
  database.events.splice(0, 4);
  assert.equal(await open(4), 4);
  await assert.rejects(open(3), { code: 'CURSOR_EXPIRED', field: 'after' });
  await assert.rejects(open(0), { code: 'CURSOR_EXPIRED' });
});

test('in a log without events the beginning is a position', async () => {
  const stores = createMemoryStores();
  const log = createEventLog({
    onUncertain: () => undefined,
    store: stores.events,
    log: createRecordedLog(),
    onAppended: () => undefined,
  });
  assert.equal(await openEventCursor(encodeCursor({ logId, sequence: 0 }), logId, log), 0);
});
