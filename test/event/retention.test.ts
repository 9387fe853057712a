// Forgetting: what goes, what stays, and in which portions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventLog } from '../../src/event/event-log.js';
import { type ForgettableRecords, forgetOld } from '../../src/event/retention.js';
import { createFakeClock, settle } from '../kit/fake-clock.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  type Faults,
  newEventOf,
} from '../kit/memory-stores.js';

const dayMs = 86_400_000;
const holdForMs = 7 * dayMs;

async function setUp(ages: readonly number[]) {
  const clock = createFakeClock();
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const logger = createRecordedLog();
  const log = createEventLog({
    onUncertain: () => undefined,
    store: stores.events,
    log: logger,
    onAppended: () => undefined,
  });
  const at = (days: number): Date => new Date(clock.now().getTime() - days * dayMs);
  await log.append(ages.map((days, index) => newEventOf(`e${index + 1}`, { publishedAt: at(days) })));
  database.meta.planMark = ages.length;
  const forget = (others: readonly ForgettableRecords[] = [], isStopping = (): boolean => false): Promise<number> =>
    forgetOld({
      log,
      events: stores.events,
      planMark: stores.planMark,
      others,
      days: 30,
      holdForMs,
      clock,
      logger,
      isStopping,
    });
  const kept = (): number[] => database.events.map(({ sequence }) => sequence);
  return { clock, database, stores, logger, forget, kept, at, log };
}

test('events older than the retention go, the others stay', async () => {
  const { forget, kept, logger, log } = await setUp([40, 31, 30, 29, 0]);
  assert.equal(await forget(), 2);
  assert.deepEqual(kept(), [3, 4, 5]);
  assert.deepEqual(logger.lines[0]?.fields, { records: 2 });
  assert.deepEqual([await log.oldest(), await log.head()], [3, 5]);
});

test('the latest event stays however old it is, so that sequences go on', async () => {
  const { forget, kept, log } = await setUp([90, 80, 70]);
  assert.equal(await forget(), 2);
  assert.deepEqual(kept(), [3]);
  const [next] = await log.append([newEventOf('next')]);
  assert.equal(next?.kind === 'appended' && next.event.sequence, 4);
});

test('what is not planned yet stays', async () => {
  const { forget, kept, database } = await setUp([90, 80, 70, 60, 0]);
  database.meta.planMark = 2;
  assert.equal(await forget(), 2);
  assert.deepEqual(kept(), [3, 4, 5]);
});

test('with nothing old nothing happens and nothing is said', async () => {
  const { forget, logger } = await setUp([10, 0]);
  assert.equal(await forget(), 0);
  assert.deepEqual(logger.lines, []);
  const empty = await setUp([]);
  assert.equal(await empty.forget(), 0);
});

test('much is deleted in portions', async () => {
  const { forget, stores, kept } = await setUp(Array.from({ length: 1300 }, (_, index) => (index < 1200 ? 40 : 1)));
  assert.equal(await forget(), 1200);
  assert.equal(kept().length, 100);
  assert.equal(stores.faults.calls.get('events.deleteBelow'), 3);
});

/** Records of another room, and what was asked of it. */
function createRecords(days: number, count: number, take = async (): Promise<void> => undefined) {
  const asked: [Date, number][] = [];
  let left = count;
  const forget = async (before: Date, limit: number): Promise<number> => {
    asked.push([before, limit]);
    await take();
    const some = Math.min(left, limit);
    left -= some;
    return some;
  };
  return { days, forget, asked };
}

test('what other rooms keep is forgotten by the retention of its kind, in portions', async () => {
  const { forget, at } = await setUp([0]);
  const [many, few] = [createRecords(90, 750), createRecords(7, 3)];
  assert.equal(await forget([many, few]), 753);
  assert.deepEqual(many.asked, [
    [at(90), 500],
    [at(90), 500],
  ]);
  assert.deepEqual(few.asked, [[at(7), 500]]);
});

test('between two portions others have the database as long as the last one had it, at most a second', async () => {
  const { forget, clock } = await setUp([0]);
  const tookMs = [40, 5000, 1];
  const records = createRecords(30, 1200, () => clock.advance(tookMs[records.asked.length - 1] ?? 0));
  const forgetting = forget([records]);
  // The clock is moved within a portion, and settles by itself there.
  await settle(200);
  const portions = (): number => records.asked.length;
  assert.deepEqual([portions(), clock.timers], [1, 1]);
  await clock.advance(39);
  assert.equal(portions(), 1);
  await clock.advance(1);
  await settle(200);
  assert.deepEqual([portions(), clock.timers], [2, 1]);
  await clock.advance(999);
  assert.equal(portions(), 2);
  await clock.advance(1);
  assert.equal(await forgetting, 1200);
  assert.equal(portions(), 3);
});

test('a stop leaves the rest for the next time', async () => {
  const { forget } = await setUp([0]);
  const records = createRecords(30, 2000);
  const isStopping = (): boolean => records.asked.length === 2;
  assert.equal(await forget([records, createRecords(30, 10)], isStopping), 1000);
});

test('an event to be delivered later leaves the log and is still found, until its deliveries must be through', async () => {
  const { forget, kept, clock, stores, log, database, at } = await setUp([0]);
  const deliverAt = at(-300);
  await log.append([
    newEventOf('later', { deliverAt, dataJson: '{"n":1}' }),
    newEventOf('soon', { deliverAt: at(-29) }),
    newEventOf('sooner', { deliverAt: at(-10) }),
    newEventOf('last'),
  ]);
  database.meta.planMark = 5;
  await clock.advance(31 * dayMs);
  assert.equal(await forget(), 4);
  assert.deepEqual(kept(), [5]);
  assert.deepEqual([await log.oldest(), await log.head()], [5, 5]);
  const find = async (...ids: string[]): Promise<string[]> => (await stores.events.findMany(ids)).map(({ id }) => id);
  // `soon` was due two days ago and may still be tried again; `sooner` is through.
  assert.deepEqual(await find('later', 'soon', 'sooner', 'last', 'none'), ['last', 'later', 'soon']);
  const [found] = await stores.events.findMany(['later']);
  assert.deepEqual([found?.dataJson, found?.deliverAt, found?.sequence], ['{"n":1}', deliverAt, 2]);
  await clock.advance(10 * dayMs);
  assert.equal(await forget(), 1);
  assert.deepEqual(await find('later', 'soon'), ['later']);
  await clock.advance(264 * dayMs);
  assert.equal(await forget(), 0);
  assert.deepEqual(await find('later'), ['later']);
  await clock.advance(2 * dayMs);
  assert.equal(await forget(), 1);
  assert.deepEqual(await find('later'), []);
});

test('a crash at any point of forgetting loses no event that is to be delivered later', async () => {
  for (let call = 1; call < 12; call += 1) {
    for (const when of ['before', 'after'] as const) {
      const { forget, clock, stores, log, database, at } = await setUp([]);
      await log.append([newEventOf('later', { deliverAt: at(-300) }), newEventOf('plain'), newEventOf('last')]);
      database.meta.planMark = 3;
      await clock.advance(31 * dayMs);
      stores.faults.dieAt = { call: call + countCalls(stores.faults), when };
      await forget().catch(() => undefined);
      const next = createMemoryStores(database);
      assert.equal((await next.events.findMany(['later']))[0]?.id, 'later', `${when} ${call}`);
      const nextLog = createEventLog({
        onUncertain: () => undefined,
        store: next.events,
        log: createRecordedLog(),
        onAppended: () => undefined,
      });
      const others = { others: [], isStopping: () => false };
      const options = { planMark: next.planMark, ...others, days: 30, holdForMs, clock, logger: createRecordedLog() };
      await forgetOld({ log: nextLog, events: next.events, ...options });
      assert.deepEqual(
        database.events.map(({ sequence }) => sequence),
        [3],
      );
      assert.deepEqual(
        database.heldEvents.map(({ item }) => item.id),
        ['later'],
      );
    }
  }
});

/** Calls that a node has made so far. */
function countCalls({ calls }: Faults): number {
  return [...calls.values()].reduce((sum, count) => sum + count, 0);
}
