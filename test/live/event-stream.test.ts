// What one live client sees: history, then live, each event once and in order, at its own pace; and an end that is an end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../../src/event/event.js';
import { streamEvents } from '../../src/live/event-stream.js';
import { createTail, type Tail } from '../../src/live/tail.js';
import { createFakeClock, settle } from '../kit/fake-clock.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
} from '../kit/memory-stores.js';

interface Setup {
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly tail: Tail;
  /** Appends the next events and shows them. */
  readonly append: (count?: number) => Promise<void>;
  readonly stream: (after?: number, wants?: (event: Event) => boolean) => AsyncIterableIterator<Event>;
}

function setUp(maxEvents = 1000, before = 0): Setup {
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  let head = 0;
  const insert = (count: number): Event[] => {
    const made = Array.from({ length: count }, (_, index) => eventOf(head + index + 1));
    for (const { sequence } of made) database.events.push({ item: newEventOf(`e${sequence}`), sequence });
    head += count;
    return made;
  };
  insert(before);
  const tail = createTail({
    events: stores.events,
    clock: createFakeClock(),
    log: createRecordedLog(),
    position: before,
    isShared: false,
    maxEvents,
  });
  return {
    database,
    stores,
    tail,
    async append(count = 1) {
      tail.show(insert(count));
    },
    stream: (after = before, wants = () => true) => streamEvents({ tail, events: stores.events, after, wants }),
  };
}

async function take(stream: AsyncIterator<Event>, count: number): Promise<number[]> {
  const sequences: number[] = [];
  while (sequences.length < count) {
    const { value, done } = await stream.next();
    if (done === true) break;
    sequences.push(value.sequence);
  }
  return sequences;
}
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('a stream without history begins with the next event', async () => {
  const { stream, append } = setUp(100, 5);
  const one = stream();
  const next = one.next();
  await append(2);
  assert.equal((await next).value.sequence, 6);
  assert.deepEqual(await take(one, 1), [7]);
});

test('history comes first and goes over into live without a seam', async () => {
  const { stream, append } = setUp(100, 450);
  const one = stream(3);
  assert.deepEqual(await take(one, 440), upTo(443, 4));
  await append(10);
  assert.deepEqual(await take(one, 17), upTo(460, 444));
});

test('only what is wanted passes, and what is not does not stop the rest', async () => {
  const { stream, append } = setUp(100, 30);
  const even = stream(0, ({ sequence }) => sequence % 2 === 0);
  await append(4);
  assert.deepEqual(
    await take(even, 17),
    upTo(17).map((n) => n * 2),
  );
});

test('near the end a stream reads from memory and not from the log', async () => {
  const { stream, append, stores } = setUp();
  const one = stream();
  for (let index = 0; index < 50; index += 1) {
    await append();
    await take(one, 1);
  }
  assert.equal(stores.faults.calls.get('events.read'), undefined);
});

test('a slow reader falls back to the log and misses nothing', async () => {
  const { stream, append, stores } = setUp(10);
  const slow = stream();
  await append();
  assert.deepEqual(await take(slow, 1), [1]);
  await append(500);
  assert.deepEqual(await take(slow, 500), upTo(501, 2));
  assert.ok((stores.faults.calls.get('events.read') ?? 0) > 0);
});

test('a position that the log has lost is CURSOR_EXPIRED, at the start and on the way', async () => {
  const { stream, append, database } = setUp(5, 20);
  database.events.splice(0, 10);
  await assert.rejects(stream(3).next(), { code: 'CURSOR_EXPIRED', field: 'after' });
  assert.deepEqual(await take(stream(10), 2), [11, 12]);
  const slow = stream(12);
  assert.deepEqual(await take(slow, 1), [13]);
  await append(400);
  database.events.splice(0, 300);
  await assert.rejects(take(slow, 400), { code: 'CURSOR_EXPIRED' });
  assert.deepEqual(await slow.next(), { value: undefined, done: true });
});

test('a log that cannot be read is the error of the stream that needed it', async () => {
  const { stream, stores } = setUp(5, 20);
  stores.faults.failBefore('events.read');
  await assert.rejects(stream(0).next(), /events.read failed/);
});

test('return ends a stream at once while it waits, and a waiting next is done', async () => {
  const { stream } = setUp();
  const one = stream();
  const waiting = one.next();
  await settle();
  assert.deepEqual(await one.return?.(), { value: undefined, done: true });
  assert.deepEqual(await waiting, { value: undefined, done: true });
  assert.deepEqual(await one.next(), { value: undefined, done: true });
});

test('return ends a stream before its first next, between events, and twice', async () => {
  const { stream, append } = setUp();
  const fresh = stream();
  assert.equal((await fresh.return?.())?.done, true);
  await append(3);
  const one = stream(0);
  await take(one, 1);
  assert.equal((await one.return?.())?.done, true);
  assert.equal((await one.return?.())?.done, true);
  assert.equal((await one.next()).done, true);
});

test('a stream ended while it looks through a long history stops looking', async () => {
  const { stream, stores } = setUp(5, 5000);
  const one = stream(0, () => false);
  const next = one.next();
  await new Promise<void>((resolve) => setImmediate(resolve));
  await one.return?.();
  assert.equal((await next).done, true);
  const reads = stores.faults.calls.get('events.read') ?? 0;
  await settle();
  assert.equal(stores.faults.calls.get('events.read'), reads);
  assert.ok(reads < 25);
});

test('a long history that nothing wants lets others have their turn', async () => {
  const { stream } = setUp(10_000, 0);
  const { tail, append } = setUp(10_000);
  assert.ok(stream);
  await append(5000);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (turns < 1000) setImmediate(count);
  };
  setImmediate(count);
  const stores = createMemoryStores();
  const one = streamEvents({ tail, events: stores.events, after: 0, wants: ({ sequence }) => sequence === 5000 });
  await one.next();
  assert.ok(turns >= 5, `${turns} turns`);
  turns = 1000;
});

test('for await sees events until it is broken off', async () => {
  const { stream, append } = setUp();
  await append(3);
  const seen: number[] = [];
  for await (const event of stream(0)) {
    seen.push(event.sequence);
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, [1, 2, 3]);
});

test('ten thousand streams leave nothing behind', async () => {
  const { stream, append, tail } = setUp();
  let isHeld = 0;
  const wait = tail.wait.bind(tail);
  Object.assign(tail, {
    async wait(sequence: number, signal: AbortSignal) {
      isHeld += 1;
      await wait(sequence, signal);
      isHeld -= 1;
    },
  });
  const streams = Array.from({ length: 10_000 }, () => stream(0));
  const nexts = streams.map((one) => one.next());
  await settle();
  assert.equal(isHeld, 10_000);
  await append();
  for (const { value } of await Promise.all(nexts)) assert.equal(value.sequence, 1);
  const waiting = streams.map((one) => one.next());
  await settle();
  await Promise.all(streams.map(async (one) => one.return?.()));
  assert.ok((await Promise.all(waiting)).every(({ done }) => done === true));
  assert.equal(isHeld, 0);
});

test('readers of any pace, whatever is forgotten from memory, see every event once and in order', async () => {
  const steps = fc.array(
    fc.record({ append: fc.integer({ min: 0, max: 7 }), reads: fc.array(fc.nat(6), { maxLength: 3 }) }),
    {
      minLength: 1,
      maxLength: 15,
    },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 12 }), fc.nat(8), async (list, maxEvents, before) => {
      const { stream, append } = setUp(maxEvents, before);
      const readers = [0, 1, 2].map(() => ({ stream: stream(0), seen: [] as number[] }));
      let head = before;
      for (const { append: count, reads } of list) {
        await append(count);
        head += count;
        for (const [index, wanted] of reads.entries()) {
          const reader = readers[index];
          if (reader === undefined) continue;
          reader.seen.push(...(await take(reader.stream, Math.min(wanted, head - reader.seen.length))));
        }
      }
      for (const { stream: one, seen } of readers) {
        seen.push(...(await take(one, head - seen.length)));
        assert.deepEqual(seen, upTo(head));
        await one.return?.();
      }
    }),
    { numRuns: 150 },
  );
});
