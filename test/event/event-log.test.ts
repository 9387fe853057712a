// The log of events: dense sequences under races, duplicates and failures, and who is told what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Appended, NewEvent } from '../../src/event/event.js';
import { createEventLog, type EventLog } from '../../src/event/event-log.js';
import { Problem } from '../../src/problem.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
} from '../kit/memory-stores.js';

interface Node {
  readonly log: EventLog;
  readonly stores: MemoryStores;
  /** Sequences in the order in which they were told. */
  readonly told: number[];
}

function startNode(database: MemoryDatabase = createMemoryDatabase()): Node {
  const stores = createMemoryStores(database);
  const told: number[] = [];
  const log = createEventLog({
    onUncertain: () => undefined,
    store: stores.events,
    log: createRecordedLog(),
    onAppended: (events) => told.push(...events.map(({ sequence }) => sequence)),
  });
  return { log, stores, told };
}

const kept = (id: string, hash: string, idempotencyKey: string | null = null): NewEvent =>
  newEventOf(id, { contentHash: hash, idempotencyKey });
const brief = (appended: Appended): string =>
  appended.kind === 'conflict' ? `conflict ${appended.by}` : `${appended.kind} ${appended.event.sequence}`;
const isUnavailable = (error: unknown): boolean => error instanceof Problem && error.code === 'STORE_UNAVAILABLE';

test('the first event has sequence 1 and each next one the next', async () => {
  const { log, told } = startNode();
  assert.equal(await log.head(), 0);
  assert.equal(await log.oldest(), 1);
  assert.deepEqual((await log.append([newEventOf('a'), newEventOf('b')])).map(brief), ['appended 1', 'appended 2']);
  assert.deepEqual((await log.append([newEventOf('c')])).map(brief), ['appended 3']);
  assert.deepEqual([await log.head(), await log.oldest(), told], [3, 1, [1, 2, 3]]);
});

test('appending nothing answers nothing', async () => {
  const { log, stores } = startNode();
  assert.deepEqual(await log.append([]), []);
  assert.equal(stores.faults.calls.size, 0);
});

test('what is handed in at the same time is written together, and each caller gets its own results in order', async () => {
  const { log, stores } = startNode();
  const [one, two, three] = await Promise.all([
    log.append([newEventOf('a')]),
    log.append([newEventOf('b'), newEventOf('c')]),
    log.append([newEventOf('d')]),
  ]);
  assert.deepEqual(
    [one.map(brief), two.map(brief), three.map(brief)],
    [['appended 1'], ['appended 2', 'appended 3'], ['appended 4']],
  );
  assert.equal(stores.faults.calls.get('events.insert'), 1);
});

test('an event published again with the same content is answered by the first one', async () => {
  const { log, told } = startNode();
  await log.append([kept('a', 'h1'), kept('b', 'h2', 'k')]);
  const again = await log.append([kept('a', 'h1'), kept('x', 'h2', 'k'), newEventOf('c')]);
  assert.deepEqual(again.map(brief), ['duplicate 1', 'duplicate 2', 'appended 3']);
  assert.deepEqual(told, [1, 2, 3]);
  const [, byKey] = again;
  assert.equal(byKey?.kind === 'duplicate' && byKey.event.id, 'b');
});

test('an id or key used before with other content is a conflict for its caller alone', async () => {
  const { log } = startNode();
  await log.append([kept('a', 'h1', 'k')]);
  const results = await Promise.all([
    log.append([kept('a', 'other')]),
    log.append([newEventOf('b')]),
    log.append([kept('c', 'other', 'k')]),
    log.append([newEventOf('d')]),
  ]);
  assert.deepEqual(results.flat().map(brief), ['conflict id', 'appended 2', 'conflict idempotencyKey', 'appended 3']);
});

test('an event of ours without a hash is never taken for a duplicate', async () => {
  const { log } = startNode();
  await log.append([newEventOf('a')]);
  assert.deepEqual((await log.append([newEventOf('a')])).map(brief), ['conflict id']);
});

test('several duplicates of one event in one group are each answered by it', async () => {
  const { log } = startNode();
  const same = [
    kept('a', 'h', 'k'),
    kept('b', 'h', 'k'),
    kept('c', 'h', 'k'),
    kept('d', 'other', 'k'),
    newEventOf('e'),
  ];
  assert.deepEqual((await log.append(same)).map(brief), [
    'appended 1',
    'duplicate 1',
    'duplicate 1',
    'conflict idempotencyKey',
    'appended 2',
  ]);
});

test('a node that lost a race reads the head again and takes the next sequences', async () => {
  const database = createMemoryDatabase();
  const [a, b] = [startNode(database), startNode(database)];
  await a.log.append([newEventOf('a1')]);
  await b.log.append([newEventOf('b1')]);
  assert.deepEqual((await a.log.append([newEventOf('a2'), newEventOf('a3')])).map(brief), ['appended 3', 'appended 4']);
  assert.deepEqual([a.told, b.told], [[1, 3, 4], [2]]);
});

test('a node that loses every race gives up with OVERLOADED and works again afterwards', async () => {
  const { log, stores } = startNode();
  let isRacing = true;
  const kept = { ...stores.events };
  Object.assign(stores.events, {
    insert: (items: readonly NewEvent[], first: number) =>
      isRacing ? Promise.resolve({ inserted: 0, taken: 'sequence' }) : kept.insert(items, first),
  });
  await assert.rejects(log.append([newEventOf('a')]), { code: 'OVERLOADED' });
  isRacing = false;
  assert.deepEqual((await log.append([newEventOf('a')])).map(brief), ['appended 1']);
});

test('an error before the write is STORE_UNAVAILABLE, writes nothing and is over with the next append', async () => {
  const { log, stores, told } = startNode();
  stores.faults.failBefore('events.insert');
  await assert.rejects(log.append([newEventOf('a')]), isUnavailable);
  assert.deepEqual((await log.append([newEventOf('a')])).map(brief), ['appended 1']);
  assert.deepEqual(told, [1]);
});

test('after an insert that failed half way the sequences go on without a hole', async () => {
  const database = createMemoryDatabase();
  const { log, stores } = startNode(database);
  stores.faults.failWithin(2);
  const items = [kept('a', 'h', 'ka'), kept('b', 'h', 'kb'), kept('c', 'h', 'kc')];
  await assert.rejects(log.append(items), isUnavailable);
  assert.deepEqual((await log.append(items)).map(brief), ['duplicate 1', 'duplicate 2', 'appended 3']);
  assert.deepEqual(
    database.events.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
});

test('after an error behind the write, publishing again with the same key is answered by what was written', async () => {
  const { log, stores } = startNode();
  stores.faults.failAfter('events.inserted');
  await assert.rejects(log.append([kept('a', 'h', 'k')]), isUnavailable);
  assert.deepEqual((await log.append([kept('b', 'h', 'k'), newEventOf('c')])).map(brief), [
    'duplicate 1',
    'appended 2',
  ]);
});

test('a failed append does not spoil the one that waits behind it', async () => {
  const { log, stores } = startNode();
  const hold = stores.faults.hold('events.insert');
  stores.faults.failBefore('events.insert');
  const first = log.append([newEventOf('a')]);
  await hold.reached;
  const second = log.append([newEventOf('b')]);
  hold.release();
  await assert.rejects(first, isUnavailable);
  assert.deepEqual((await second).map(brief), ['appended 1']);
});

test('a duplicate whose first event has been forgotten this moment is appended, and nobody else in its group suffers', async () => {
  const database = createMemoryDatabase();
  const { log, stores } = startNode(database);
  await log.append([kept('a', 'h', 'k'), newEventOf('b')]);
  const hold = stores.faults.hold('events.find');
  const appending = Promise.all([log.append([kept('c', 'h', 'k')]), log.append([newEventOf('d')])]);
  await hold.reached;
  database.events.shift();
  hold.release();
  assert.deepEqual((await appending).flat().map(brief), ['appended 3', 'appended 4']);
});

test('a failure in the middle of a group is not told to those whose events were written before it', async () => {
  const { log, stores } = startNode();
  await log.append([kept('a', 'h', 'k')]);
  stores.faults.failBefore('events.find');
  const results = await Promise.allSettled([
    log.append([newEventOf('b')]),
    log.append([kept('c', 'h', 'k')]),
    log.append([newEventOf('d')]),
  ]);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value.map(brief) : result.reason.code)),
    [['appended 2'], 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
  );
  assert.deepEqual((await log.append([newEventOf('d')])).map(brief), ['appended 3']);
});

test('idle resolves when what was handed in is written', async () => {
  const { log, stores } = startNode();
  await log.idle();
  const hold = stores.faults.hold('events.insert');
  const append = log.append([newEventOf('a')]);
  let isIdle = false;
  const idle = log.idle().then(() => {
    isIdle = true;
  });
  await hold.reached;
  assert.equal(isIdle, false);
  hold.release();
  await Promise.all([append, idle]);
});

const hour = (hours: number): Date => new Date(Date.UTC(2026, 0, 1, hours));

test('the last event before an instant is found by acceptance time, whatever is kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: -1, max: 11 }),
      async (hours, forgotten, since) => {
        const database = createMemoryDatabase();
        const { log } = startNode(database);
        const sorted = hours.sort((a, b) => a - b);
        await log.append(sorted.map((at, index) => newEventOf(`e${index}`, { publishedAt: hour(at) })));
        database.events.splice(0, Math.min(forgotten, sorted.length - 1));
        const before = sorted.filter((at) => at < since).length;
        const oldest = database.events[0]?.sequence ?? sorted.length + 1;
        assert.equal(await log.lastBefore(hour(since)), Math.max(before, oldest - 1));
      },
    ),
    { numRuns: 100 },
  );
});

/** A publish: which node, and its events by key and content; no key is an event of ours. */
const publishes = fc.array(
  fc.record({
    node: fc.integer({ min: 0, max: 1 }),
    items: fc.array(fc.record({ key: fc.constantFrom(null, 'k1', 'k2', 'k3'), hash: fc.constantFrom('h1', 'h2') }), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 8 },
);

test('however two nodes interleave, sequences are dense, keys unique, and all results true', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), publishes, async (scheduler, list) => {
      const database = createMemoryDatabase();
      const nodes = [startNode(database), startNode(database)];
      for (const [index, { stores }] of nodes.entries())
        stores.faults.onCall = (operation) => scheduler.schedule(Promise.resolve(), `${index} ${operation}`);
      let count = 0;
      const wanted = list.map(({ node, items }) => ({
        node,
        items: items.map(({ key, hash }) => {
          count += 1;
          return key === null ? newEventOf(`e${count}`) : kept(`e${count}`, hash, key);
        }),
      }));
      const appending = Promise.all(
        wanted.map(async ({ node, items }) => ({ items, results: (await nodes[node]?.log.append(items)) ?? [] })),
      );
      const answers = await scheduler.waitFor(appending);
      const sequences = database.events.map(({ sequence }) => sequence).sort((a, b) => a - b);
      assert.deepEqual(
        sequences,
        Array.from(sequences, (_, index) => index + 1),
      );
      const keys = database.events.flatMap(({ item }) => item.idempotencyKey ?? []);
      assert.equal(new Set(keys).size, keys.length);
      for (const { items, results } of answers) {
        assert.equal(results.length, items.length);
        let last = 0;
        for (const [index, result] of results.entries()) {
          const item = items[index];
          const stored = database.events.find(
            (one) =>
              one.item.id === item?.id || (item?.idempotencyKey && one.item.idempotencyKey === item.idempotencyKey),
          );
          if (result.kind === 'conflict') assert.notEqual(stored?.item.contentHash, item?.contentHash);
          else assert.deepEqual([result.event.sequence, result.event.id], [stored?.sequence, stored?.item.id]);
          assert.equal(result.kind === 'appended', stored?.item.id === item?.id);
          if (result.kind !== 'appended') continue;
          assert.ok(result.event.sequence > last, 'events of one call stand in its order');
          last = result.event.sequence;
        }
      }
      const told = nodes.map((node) => node.told);
      for (const list of told)
        assert.deepEqual(
          list,
          [...list].sort((a, b) => a - b),
        );
      assert.deepEqual(
        told.flat().sort((a, b) => a - b),
        sequences,
      );
    }),
    { numRuns: 150 },
  );
});

test('the first event of all, published while somebody asks from when on, is not behind the answer', async () => {
  const { log, stores } = startNode();
  let reads = 0;
  const racing = createEventLog({
    onUncertain: () => undefined,
    store: {
      ...stores.events,
      async read(range) {
        const found = await stores.events.read(range);
        reads += 1;
        // Behind the first read, which found nothing.
        if (reads === 1) await log.append([newEventOf('a')]);
        return found;
      },
    },
    log: createRecordedLog(),
    onAppended: () => undefined,
  });
  assert.equal(await racing.lastBefore(new Date(0)), 0);
});
