// The end of the log: whatever comes from here and from other nodes, in whatever order, is seen dense and in order.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../../src/event/event.js';
import { createTail, type Tail, type TailOptions } from '../../src/live/tail.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
  type RecordedLog,
  resumeStreams,
} from '../kit/memory-stores.js';

interface Node {
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly clock: FakeClock;
  readonly tail: Tail;
  readonly log: RecordedLog;
}
const nodes: Node[] = [];
async function closeAll(): Promise<void> {
  for (const { tail, clock } of nodes.splice(0)) {
    const closed = tail.close();
    await clock.advance(2000);
    await closed;
  }
}
afterEach(closeAll);

function startNode(options: Partial<TailOptions> = {}, database = createMemoryDatabase()): Node {
  const stores = createMemoryStores(database);
  const [clock, log] = [createFakeClock(), createRecordedLog()];
  const tail = createTail({ events: stores.events, clock, log, position: 0, isShared: true, ...options });
  const node = { database, stores, clock, tail, log };
  nodes.push(node);
  return node;
}

/** Appends by somebody else: into the database, seen through the change stream. */
async function appendElsewhere({ database }: Node, sequence: number): Promise<void> {
  await createMemoryStores(database).events.insert([newEventOf(`e${sequence}`)], sequence);
}
const sequences = (events: readonly Event[] | null): number[] | null =>
  events === null ? null : events.map(({ sequence }) => sequence);
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const events = (...list: number[]): Event[] => list.map((sequence) => eventOf(sequence));

test('what is shown here is in memory at once and is told to who listens', () => {
  const { tail } = startNode();
  let told = 0;
  tail.onAdvance(() => {
    told = tail.position;
  });
  tail.show(events(1, 2));
  assert.equal(told, 2);
  assert.equal(tail.position, 2);
  assert.deepEqual([sequences(tail.after(0)), sequences(tail.after(1)), sequences(tail.after(2))], [[1, 2], [2], []]);
  assert.deepEqual(sequences(tail.after(9)), []);
  assert.deepEqual(sequences(tail.after(0, 1)), [1]);
});

test('what is behind a position in the past of the tail is not in memory', () => {
  const { tail } = startNode({ position: 5 });
  assert.equal(tail.after(4), null);
  tail.show(events(6));
  assert.deepEqual([sequences(tail.after(5)), tail.after(4)], [[6], null]);
});

test("others' events arrive through the change stream", async () => {
  const node = startNode();
  await settle();
  await appendElsewhere(node, 1);
  await settle();
  assert.equal(node.tail.position, 1);
});

test('an event of ours behind one of another node waits until that one is read', async () => {
  const node = startNode();
  await settle();
  node.stores.faults.areStreamsHeld = true;
  await appendElsewhere(node, 1);
  await appendElsewhere(node, 2);
  node.tail.show(events(2));
  assert.equal(node.tail.position, 0);
  await settle();
  assert.deepEqual(sequences(node.tail.after(0)), [1, 2]);
});

test('events shown twice, or late, change nothing', async () => {
  const { tail } = startNode();
  tail.show(events(1, 2, 3));
  tail.show(events(2, 3));
  tail.show(events(1));
  tail.show([]);
  await settle();
  assert.deepEqual(sequences(tail.after(0)), [1, 2, 3]);
});

test('a lost change stream is followed anew, and what came meanwhile is read', async () => {
  const node = startNode();
  await settle();
  node.stores.faults.breakStreams();
  await settle();
  await appendElsewhere(node, 1);
  await settle();
  assert.equal(node.tail.position, 0);
  await node.clock.advance(500);
  assert.equal(node.tail.position, 1);
});

test('a head that could not be read after a lost stream is read again', async () => {
  const node = startNode();
  await settle();
  node.stores.faults.breakStreams();
  await settle();
  await appendElsewhere(node, 1);
  node.stores.faults.failBefore('events.read');
  await node.clock.advance(500);
  assert.equal(node.tail.position, 0);
  await node.clock.advance(1000);
  assert.equal(node.tail.position, 1);
});

test('a read that fails is tried again', async () => {
  const node = startNode();
  await settle();
  node.stores.faults.failBefore('events.read');
  await appendElsewhere(node, 1);
  await settle();
  assert.equal(node.tail.position, 0);
  await node.clock.advance(2000);
  assert.deepEqual([node.tail.position, node.log.lines.length, node.clock.timers], [1, 1, 0]);
});

test('a tail that fell behind what is kept goes on from the oldest event instead of reading for ever', async () => {
  const node = startNode();
  node.stores.faults.areStreamsHeld = true;
  await createMemoryStores(node.database).events.insert(
    upTo(10).map((n) => newEventOf(`e${n}`)),
    1,
  );
  node.database.events.splice(0, 6);
  // Reading for ever would never let anything else run.
  let reads = 0;
  node.stores.faults.onCall = async () => {
    reads += 1;
    if (reads > 50) throw new Error('reads for ever');
  };
  resumeStreams(node.database, node.stores.faults);
  await node.clock.advance(1000);
  assert.equal(node.tail.position, 10);
  assert.deepEqual([node.tail.after(5), sequences(node.tail.after(6))], [null, [7, 8, 9, 10]]);
  assert.ok(reads < 10);
});

test('more than a page behind, all of it is read', async () => {
  const node = startNode();
  await createMemoryStores(node.database).events.insert(
    upTo(1300).map((n) => newEventOf(`e${n}`)),
    1,
  );
  await settle(100);
  assert.deepEqual(sequences(node.tail.after(0)), upTo(1300));
});

test('memory is bounded by the number of events', () => {
  const { tail } = startNode({ maxEvents: 8 });
  for (const sequence of upTo(100)) tail.show(events(sequence));
  assert.equal(tail.after(90), null);
  assert.deepEqual(sequences(tail.after(92)), upTo(100, 93));
});

test('memory is bounded by the bytes of the events, and one that is larger than all is not kept', () => {
  const { tail } = startNode({ maxBytes: 100 });
  const sized = (sequence: number, bytes: number): Event =>
    eventOf(sequence, { dataJson: `"${'x'.repeat(bytes - 2)}"` });
  for (const sequence of upTo(20)) tail.show([sized(sequence, 30)]);
  assert.equal(tail.after(16), null);
  assert.deepEqual(sequences(tail.after(17)), [18, 19, 20]);
  tail.show([sized(21, 101)]);
  assert.deepEqual([tail.position, tail.after(20), sequences(tail.after(21))], [21, null, []]);
  tail.show([sized(22, 10)]);
  assert.deepEqual(sequences(tail.after(21)), [22]);
});

test('a tail of a store that nobody shares follows no stream', async () => {
  const node = startNode({ isShared: false });
  await settle();
  assert.equal(node.database.logChanges.wakers.size, 0);
});

test('closing ends the stream', async () => {
  const node = startNode();
  await settle();
  await node.tail.close();
  assert.deepEqual([node.database.logChanges.wakers.size, node.clock.timers], [0, 0]);
});

test('losing the change stream is counted, and the log says what was missed', async () => {
  const node = startNode();
  await settle();
  node.stores.faults.breakStreams();
  await settle();
  await appendElsewhere(node, 1);
  await appendElsewhere(node, 2);
  await node.clock.advance(500);
  assert.deepEqual([node.tail.losses, node.tail.position], [1, 2]);
  const told = node.log.lines.map(({ level, fields }) => [level, fields['events']]);
  assert.deepEqual(told, [
    ['warn', undefined],
    ['info', 2],
  ]);
});

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('here' as const, 'elsewhere' as const, 'ours shown late' as const) },
    { weight: 1, arbitrary: fc.constantFrom('break' as const, 'hold' as const, 'resume' as const, 'fail' as const) },
    { weight: 2, arbitrary: fc.constantFrom('turn' as const, 'time' as const) },
  ),
  { maxLength: 40 },
);

test('however appends here and elsewhere, late shows and faults interleave, the tail is dense and in order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const node = startNode({ maxEvents: 1000 });
      let head = 0;
      const late: Event[] = [];
      for (const step of list) {
        if (step === 'elsewhere' || step === 'here' || step === 'ours shown late') {
          head += 1;
          await appendElsewhere(node, head);
          if (step === 'here') node.tail.show(events(head));
          if (step === 'ours shown late') late.push(eventOf(head));
        } else if (step === 'break') node.stores.faults.breakStreams();
        else if (step === 'fail') node.stores.faults.failBefore('events.read');
        else if (step === 'hold') node.stores.faults.areStreamsHeld = true;
        else if (step === 'resume') resumeStreams(node.database, node.stores.faults);
        else if (step === 'time') await node.clock.advance(500);
        else await settle(3);
        const seen = node.tail.position;
        assert.deepEqual(sequences(node.tail.after(0)), upTo(seen));
      }
      node.tail.show(late);
      resumeStreams(node.database, node.stores.faults);
      for (let round = 0; round < 45 && node.tail.position < head; round += 1) await node.clock.advance(500);
      assert.deepEqual(sequences(node.tail.after(0)), upTo(head));
      await closeAll();
    }),
    { numRuns: 150 },
  );
});
