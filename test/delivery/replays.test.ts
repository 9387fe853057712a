// Replays as they are asked for: ranges, refusals that write nothing, limits, owners, and following one to its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewReplay } from '../../src/delivery/replays.js';
import { createReplays, maxRunning } from '../../src/delivery/replays.js';
import { encodeCursor } from '../../src/event/cursor.js';
import { createEventLog } from '../../src/event/event-log.js';
import { createFakeClock, settle } from '../kit/fake-clock.js';
import { createFakeNewId } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  newEventOf,
  subscriptionOf,
} from '../kit/memory-stores.js';

const hourMs = 3_600_000;
const logId = '0a1b2c3d';

/** Ten events, one each hour, the last one now; and a webhook subscription of app_a. */
async function setUp(count = 10) {
  const clock = createFakeClock();
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const eventLog = createEventLog({
    onUncertain: () => undefined,
    store: stores.events,
    log: createRecordedLog(),
    onAppended: () => undefined,
  });
  const hour = (n: number): Date => new Date(clock.now().getTime() + (n - count) * hourMs);
  if (count > 0)
    await eventLog.append(
      Array.from({ length: count }, (_, n) => newEventOf(`e${n + 1}`, { publishedAt: hour(n + 1) })),
    );
  database.subscriptions.set('sub', subscriptionOf('sub', { applicationId: 'app_a' }));
  const replays = createReplays({
    store: stores.replays,
    subscriptionOf: async (id, owner) => {
      const found = await stores.webhookSubscriptions.get(id);
      return found === null || (owner !== null && found.applicationId !== owner) ? null : found;
    },
    eventLog,
    events: stores.events,
    logId,
    clock,
    newId: createFakeNewId(),
  });
  const start = (input: Partial<NewReplay> = {}, owner: string | null = null) =>
    replays.start({ webhookSubscription: 'sub', ...input }, owner);
  const range = async (input: Partial<NewReplay>): Promise<number[]> => {
    const { id, firstAfter, last } = await start(input);
    await replays.cancel(id, null);
    return [firstAfter, last];
  };
  return { clock, database, stores, replays, start, range, hour };
}

const cursor = (sequence: number): string => encodeCursor({ logId, sequence });

test('a range goes from a cursor or an instant to another, and is all that the log has when nothing is said', async () => {
  const { range, hour, database, start } = await setUp();
  assert.deepEqual(await range({}), [0, 10]);
  assert.deepEqual(await range({ since: hour(4) }), [3, 10]);
  assert.deepEqual(await range({ since: hour(3.5), until: hour(7) }), [3, 6]);
  assert.deepEqual(await range({ until: hour(1) }), [0, 0]);
  assert.deepEqual(await range({ until: hour(500) }), [0, 10]);
  assert.deepEqual(await range({ after: cursor(4) }), [4, 10]);
  assert.deepEqual(await range({ after: cursor(4), until: hour(8) }), [4, 7]);
  assert.deepEqual(await range({ after: cursor(10) }), [10, 10]);
  database.events.splice(0, 5);
  assert.deepEqual(await range({}), [5, 10]);
  assert.deepEqual(await range({ since: hour(2) }), [5, 10]);
  assert.deepEqual(await range({ since: hour(1), until: hour(3) }), [5, 5]);
  assert.deepEqual((await start()).logBeganAt, hour(6));
});

test('over an empty log a replay has nothing to look at', async () => {
  const { start } = await setUp(0);
  const { firstAfter, last, logBeganAt } = await start();
  assert.deepEqual([firstAfter, last, logBeganAt], [0, 0, null]);
});

test('what cannot be is refused, naming the field, and nothing is written', async () => {
  const { start, hour, database } = await setUp();
  database.events.splice(0, 2);
  const cases: readonly (readonly [Partial<NewReplay>, string | null, string, string])[] = [
    [{ webhookSubscription: 'sub_none' }, null, 'NOT_FOUND', 'webhookSubscription'],
    [{}, 'app_b', 'NOT_FOUND', 'webhookSubscription'],
    [{ types: [] }, null, 'INVALID_INPUT', 'types'],
    [{ types: Array.from({ length: 101 }, (_, n) => `t${n}`) }, null, 'INVALID_INPUT', 'types'],
    [{ types: ['order.created', 'no such'] }, null, 'NAME_INVALID', 'types.1'],
    [{ status: [] }, null, 'INVALID_INPUT', 'status'],
    [{ since: hour(11) }, null, 'INVALID_INPUT', 'since'],
    [{ since: hour(5), until: hour(4) }, null, 'INVALID_INPUT', 'until'],
    [{ since: hour(5), until: hour(5) }, null, 'INVALID_INPUT', 'until'],
    [{ since: hour(5), after: cursor(5) }, null, 'INVALID_INPUT', 'since'],
    [{ after: cursor(7), until: hour(5) }, null, 'INVALID_INPUT', 'until'],
    [{ after: cursor(11) }, null, 'CURSOR_INVALID', 'after'],
    [{ after: cursor(1) }, null, 'CURSOR_EXPIRED', 'after'],
    [{ after: 'none' }, null, 'CURSOR_INVALID', 'after'],
  ];
  for (const [input, owner, code, field] of cases)
    await assert.rejects(start(input, owner), { code, field }, JSON.stringify(input));
  assert.equal(database.replays.size, 0);
});

test('a webhook subscription has a bounded number of running replays', async () => {
  const { start, replays, database } = await setUp();
  const started = await Promise.allSettled(Array.from({ length: maxRunning + 3 }, () => start()));
  const refused = started.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 3);
  await assert.rejects(start(), { code: 'CONFLICT', field: 'webhookSubscription', message: /10 running replays/ });
  assert.equal(database.replays.size, maxRunning);
  const [first = ''] = database.replays.keys();
  await replays.cancel(first, null);
  await start();
  await assert.rejects(start(), { code: 'CONFLICT' });
});

test('who asks gets what is meant, once each', async () => {
  const { start } = await setUp();
  const { types, selection } = await start({
    types: ['a.*', 'b', 'a.*'],
    status: ['FAILED', 'FAILED', 'NEVER_DELIVERED'],
  });
  assert.deepEqual(
    [types, selection],
    [
      ['a.*', 'b'],
      ['FAILED', 'NEVER_DELIVERED'],
    ],
  );
  assert.deepEqual((await start()).selection, ['EVERYTHING']);
});

test("an application sees and cancels its own replays, not another's", async () => {
  const { start, replays } = await setUp();
  const { id } = await start({}, 'app_a');
  assert.equal(await replays.get(id, 'app_b'), null);
  await assert.rejects(replays.cancel(id, 'app_b'), { code: 'NOT_FOUND', field: 'id' });
  await assert.rejects(replays.follow(id, 'app_b'), { code: 'NOT_FOUND' });
  assert.equal((await replays.get(id, 'app_a'))?.status, 'RUNNING');
  const cancelled = await replays.cancel(id, 'app_a');
  assert.deepEqual([cancelled.status, cancelled.statusReason], ['CANCELLED', 'cancelled by request']);
  await assert.rejects(replays.cancel(id, 'app_a'), { code: 'CONFLICT', field: 'id' });
});

test('whoever follows a replay sees it now, each time it has got further, and at its end', async () => {
  const { start, replays, stores, clock } = await setUp();
  const replay = await start();
  await stores.replays.take(replay.id, null, 'node');
  const seen: (readonly [number, string])[] = [];
  const others: number[] = [];
  const follow = async (): Promise<void> => {
    for await (const { position, status } of await replays.follow(replay.id, null)) seen.push([position, status]);
  };
  const leaving = await replays.follow(replay.id, null);
  others.push((await leaving.next()).value?.position ?? -1);
  const following = follow();
  await clock.advance(5000);
  const next = await stores.replays.advance(replay, { position: 4, made: 4, expired: 0 }, 'node');
  await clock.advance(1000);
  await stores.replays.advance(next ?? assert.fail(), { position: 10, made: 9, expired: 0 }, 'node');
  await stores.replays.end(replay.id, { status: 'FINISHED', statusReason: null, finishedAt: clock.now() });
  await clock.advance(1000);
  await following;
  assert.deepEqual(seen, [
    [0, 'RUNNING'],
    [4, 'RUNNING'],
    [10, 'FINISHED'],
  ]);
  const waiting = leaving.next();
  await leaving.return?.();
  await waiting;
  await settle();
  assert.deepEqual([others, clock.timers], [[0], 0]);
});

test('all who follow one replay look at it together', async () => {
  const { start, replays, stores, clock } = await setUp();
  const { id } = await start();
  const streams = await Promise.all(Array.from({ length: 20 }, () => replays.follow(id, null)));
  const before = stores.faults.calls.get('replays.get') ?? 0;
  await Promise.all(streams.map((stream) => stream.next()));
  assert.equal((stores.faults.calls.get('replays.get') ?? 0) - before, 1);
  for (const stream of streams) await stream.return?.();
  await clock.advance(1000);
});
