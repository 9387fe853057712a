// What the hub shows: to each follower every event once and in order, executed once for each group; and that the slow hurt
// only themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/problem.js';
import { settle } from '../kit/fake-clock.js';
import { createLiveStage, createTestSink, type TestSink } from '../kit/live-stage.js';

const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
const sinks = (count: number): TestSink[] => Array.from({ length: count }, createTestSink);
const seenBy = (sink: TestSink, id = '"1"'): number[] => sink.got.get(id) ?? [];

test('a follower without history begins with the next event', async () => {
  const stage = createLiveStage({ before: 5 });
  const [sink = createTestSink()] = sinks(1);
  stage.follow(sink);
  stage.append(2);
  await settle();
  assert.deepEqual(seenBy(sink), [6, 7]);
});

test('each event is executed once for a group, and everybody gets the same bytes', async () => {
  const stage = createLiveStage();
  const all = sinks(1000);
  for (const sink of all) stage.follow(sink);
  stage.append(3);
  await settle();
  assert.deepEqual(stage.executed, ['g 1', 'g 2', 'g 3']);
  assert.equal(new Set(all.map(({ writes }) => writes.join())).size, 1);
  assert.deepEqual(seenBy(all[0] ?? createTestSink()), [1, 2, 3]);
});

test('the events of one turn of the loop go out in one write', async () => {
  const stage = createLiveStage();
  const sink = createTestSink();
  stage.follow(sink);
  for (let n = 0; n < 10; n += 1) stage.append();
  await settle();
  assert.equal(sink.writes.length, 1);
  assert.deepEqual(seenBy(sink), upTo(10));
});

test('what only chooses events does not split a group', async () => {
  const stage = createLiveStage();
  const all = sinks(1000);
  for (const [index, sink] of all.entries())
    stage.follow(sink, { selection: { wants: ({ sequence }) => sequence % 10 === index % 10 } });
  stage.append(20);
  await settle();
  assert.equal(stage.executed.length, 20);
  for (const [index, sink] of all.entries())
    assert.deepEqual(
      seenBy(sink),
      upTo(20).filter((n) => n % 10 === index % 10),
    );
  assert.deepEqual([stage.hub.counts().groups, stage.hub.counts().frames], [1, 2000]);
});

test('an event that nobody wants is not executed', async () => {
  const stage = createLiveStage();
  stage.follow(createTestSink(), { selection: { wants: () => false } });
  stage.append(5);
  await settle();
  assert.deepEqual(stage.executed, []);
});

test('history comes first and goes over into live without a seam, from memory and from the log', async () => {
  const stage = createLiveStage({ before: 450, maxEvents: 50 });
  const [far, near] = [createTestSink(), createTestSink()];
  stage.append(60);
  stage.follow(far, { after: 3 });
  stage.follow(near, { after: 500 });
  stage.append(10);
  await settle(200);
  stage.append(5);
  await settle(50);
  assert.deepEqual(seenBy(far), upTo(525, 4));
  assert.deepEqual(seenBy(near), upTo(525, 501));
  const { resumedFromLog, resumedFromRing } = stage.hub.counts();
  assert.deepEqual([resumedFromLog, resumedFromRing], [1, 1]);
});

test('five thousand that come back at once share one replay', async () => {
  const stage = createLiveStage({ before: 400 });
  const all = sinks(5000);
  for (const sink of all) stage.follow(sink, { after: 100 });
  await settle(400);
  for (const sink of all) assert.deepEqual(seenBy(sink), upTo(400, 101));
  assert.equal(stage.executed.length, 300);
  assert.ok((stage.stores.faults.calls.get('events.read') ?? 0) <= 4);
});

test('those who come back to different places share pages and results', async () => {
  const stage = createLiveStage({ before: 400 });
  const all = sinks(300);
  for (const [index, sink] of all.entries()) stage.follow(sink, { after: 100 + index });
  await settle(2000);
  for (const [index, sink] of all.entries()) assert.deepEqual(seenBy(sink), upTo(400, 101 + index));
  assert.equal(new Set(stage.executed).size, stage.executed.length, 'nothing is executed twice');
  assert.ok((stage.stores.faults.calls.get('events.read') ?? 0) <= 12);
  stage.append();
  await settle();
  assert.equal(stage.executed.length, 301, 'in the end they are one cohort');
});

test('a receiver over the soft mark lags, catches up by itself, and nobody waits for it', async () => {
  const stage = createLiveStage({ maxEvents: 10 });
  const [slow, quick] = [createTestSink(), createTestSink()];
  stage.follow(slow);
  stage.follow(quick);
  stage.append();
  await settle();
  slow.pending = 1001;
  for (let n = 0; n < 30; n += 1) {
    stage.append();
    await settle(3);
  }
  assert.deepEqual(seenBy(quick), upTo(31));
  assert.deepEqual(seenBy(slow), [1]);
  assert.deepEqual([stage.hub.counts().lagging, stage.hub.counts().lagEvents], [1, 30]);
  slow.drain();
  await settle(50);
  assert.deepEqual(seenBy(slow), upTo(31));
  const { lagging, lagEvents, catchUps } = stage.hub.counts();
  assert.deepEqual([lagging, lagEvents, catchUps], [0, 0, 1]);
});

test('a receiver that lags too long is closed, and one that reads on is not', async () => {
  const stage = createLiveStage();
  const [stuck, slow] = [createTestSink(), createTestSink()];
  for (const sink of [stuck, slow]) {
    stage.follow(sink);
    sink.pending = 5000;
  }
  stage.append();
  await settle();
  await stage.clock.advance(29_999);
  await stage.hub.closeStalled();
  assert.equal(stuck.isClosed, false);
  slow.drain();
  await stage.clock.advance(2);
  await stage.hub.closeStalled();
  assert.deepEqual([stuck.isClosed, slow.isClosed], [true, false]);
  assert.equal(stage.hub.counts().closedSlow, 1);
});

test('a position that the log has lost is CURSOR_EXPIRED, at the start and on the way', async () => {
  const stage = createLiveStage({ before: 20, maxEvents: 5 });
  stage.database.events.splice(0, 10);
  const failures: unknown[] = [];
  const fail = (reason: unknown): void => void failures.push(reason);
  const [lost, kept] = [createTestSink(), createTestSink()];
  stage.follow(lost, { after: 3, fail });
  stage.follow(kept, { after: 10, fail });
  await settle(30);
  assert.deepEqual(seenBy(lost), []);
  assert.deepEqual(seenBy(kept), upTo(20, 11));
  kept.pending = 5000;
  stage.append(400);
  await settle();
  stage.database.events.splice(0, 300);
  kept.drain();
  await settle(30);
  assert.deepEqual(
    failures.map((reason) => reason instanceof Problem && reason.code),
    ['CURSOR_EXPIRED', 'CURSOR_EXPIRED'],
  );
  const { expired, subscriptions, groups } = stage.hub.counts();
  assert.deepEqual([expired, subscriptions, groups], [2, 0, 0]);
});

test('a log that cannot be read ends the streams that need it, and no others', async () => {
  const stage = createLiveStage({ before: 20 });
  const failures: unknown[] = [];
  const live = createTestSink();
  stage.follow(live);
  stage.stores.faults.failBefore('events.read');
  stage.follow(createTestSink(), { after: 0, fail: (reason) => void failures.push(reason) });
  await settle(30);
  stage.append();
  await settle();
  assert.match(String(failures[0]), /events.read failed/);
  assert.deepEqual(seenBy(live), [21]);
});

test('nothing is written once a follower has left, also in the middle of a turn', async () => {
  const stage = createLiveStage({ before: 300 });
  const [one, other] = [createTestSink(), createTestSink()];
  let leaveOther = (): void => undefined;
  const offer = one.offer.bind(one);
  one.offer = (batch, id) => {
    leaveOther();
    return offer(batch, id);
  };
  stage.follow(one, { after: 0 });
  leaveOther = stage.follow(other, { after: 0 });
  await settle(100);
  assert.deepEqual(seenBy(one), upTo(300));
  assert.deepEqual(seenBy(other), []);
});

test('results that are waited for hold nobody else up and are not kept', async () => {
  const stage = createLiveStage();
  const [own, other, later] = sinks(3);
  let answer = (_json: string): void => undefined;
  const slow = { key: 'slow', isLasting: false, render: () => new Promise<string>((resolve) => (answer = resolve)) };
  stage.follow(own ?? createTestSink(), { shape: slow });
  stage.follow(other ?? createTestSink());
  stage.append();
  await settle();
  assert.deepEqual(seenBy(other ?? createTestSink()), [1]);
  assert.deepEqual(seenBy(own ?? createTestSink()), []);
  answer('{"sequence":1}');
  await settle();
  assert.deepEqual(seenBy(own ?? createTestSink()), [1]);
  stage.follow(later ?? createTestSink(), { shape: stage.shape('p', false), after: 0 });
  await settle();
  stage.follow(later ?? createTestSink(), { shape: stage.shape('p', false), after: 0, id: '"2"' });
  await settle();
  assert.deepEqual(
    stage.executed.filter((one) => one.startsWith('p')),
    ['p 1', 'p 1'],
  );
});

test('ten thousand followers leave the loop to others again and again', async () => {
  const stage = createLiveStage();
  let nowMs = 0;
  let writesInTurn = 0;
  let most = 0;
  Object.assign(stage.clock, { monotonicMs: () => nowMs });
  for (const sink of sinks(10_000)) {
    // Each write takes half a millisecond.
    sink.offer = (batch) => {
      nowMs += 0.5;
      writesInTurn += 1;
      most = Math.max(most, writesInTurn);
      return batch.count;
    };
    stage.follow(sink);
  }
  await settle();
  stage.append(1);
  while (stage.hub.counts().frames < 10_000)
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        writesInTurn = 0;
        resolve();
      });
    });
  assert.ok(most <= 32, `${most} writes, ${most / 2} ms, in one turn of the loop`);
});

test('ten thousand streams that cannot go on are ended a slice at a time', async () => {
  const stage = createLiveStage({ before: 10, maxEvents: 1 });
  let nowMs = 0;
  Object.assign(stage.clock, { monotonicMs: () => nowMs });
  stage.database.events.splice(0, 5);
  let [ended, inTurn, most] = [0, 0, 0];
  for (const sink of sinks(10_000)) {
    // Each end takes a tenth of a millisecond.
    const fail = (): void => {
      nowMs += 0.1;
      ended += 1;
      inTurn += 1;
      most = Math.max(most, inTurn);
    };
    stage.follow(sink, { after: 2, fail });
  }
  while (ended < 10_000) {
    await settle(1);
    inTurn = 0;
  }
  assert.ok(most <= 80, `${most} ends, ${most / 10} ms, in one turn of the loop`);
  const { subscriptions, groups, expired } = stage.hub.counts();
  assert.deepEqual([subscriptions, groups, expired], [0, 0, 10_000]);
});

test('followers of any pace, whatever is forgotten from memory, see every event once and in order', async () => {
  const step = fc.record({
    append: fc.integer({ min: 0, max: 9 }),
    stall: fc.array(fc.nat(5), { maxLength: 3 }),
    drain: fc.array(fc.nat(5), { maxLength: 3 }),
    join: fc.option(fc.nat(30)),
    turns: fc.nat(6),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(20),
      async (steps, maxEvents, before) => {
        const stage = createLiveStage({ before, maxEvents });
        const followers: { sink: TestSink; after: number }[] = [];
        for (const { append, stall, drain, join, turns } of steps) {
          if (join !== null) {
            const after = Math.min(join, stage.tail.position);
            const sink = createTestSink();
            followers.push({ sink, after });
            stage.follow(sink, { after });
          }
          for (const index of stall) {
            const sink = followers[index]?.sink;
            if (sink !== undefined) sink.pending = 5000;
          }
          if (append > 0) stage.append(append);
          await settle(turns);
          for (const index of drain) followers[index]?.sink.drain();
        }
        for (const { sink } of followers) sink.drain();
        await settle(100);
        for (const { sink, after } of followers) assert.deepEqual(seenBy(sink), upTo(stage.tail.position, after + 1));
        await stage.hub.close();
      },
    ),
    { numRuns: 150 },
  );
});
