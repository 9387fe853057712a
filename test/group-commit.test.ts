// Group commit: nobody waits for a timer, nobody gets another's result, and nothing is left behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createGroupCommit } from '../src/group-commit.js';
import { settle } from './kit/fake-clock.js';

/** Groups that are written one by one when the test says so. */
function startManual(maxItems = 100, maxWrites?: number) {
  const groups: { items: readonly number[]; succeed: () => void; fail: (reason: Error) => void }[] = [];
  const commit = createGroupCommit<number, string>({
    maxItems,
    ...(maxWrites === undefined ? {} : { maxWrites }),
    write: (items) =>
      new Promise((resolve, reject) => {
        groups.push({ items, succeed: () => resolve(items.map((item) => `r${item}`)), fail: reject });
      }),
  });
  return { groups, commit };
}

test('items of one turn are one group, and those that come during its write are the next', async () => {
  const { groups, commit } = startManual();
  const first = commit.addAll([1, 2]);
  const third = commit.add(3);
  await settle();
  const fourth = commit.add(4);
  await settle();
  assert.deepEqual(
    groups.map(({ items }) => items),
    [[1, 2, 3]],
  );
  assert.equal(commit.waiting, 1);
  groups[0]?.succeed();
  await settle();
  assert.deepEqual(
    groups.map(({ items }) => items),
    [[1, 2, 3], [4]],
  );
  groups[1]?.succeed();
  assert.deepEqual(await Promise.all([first, third, fourth]), [['r1', 'r2'], 'r3', 'r4']);
});

test('a group has at most so many items, and only so many are written at the same time', async () => {
  const { groups, commit } = startManual(2, 2);
  const all = commit.addAll([1, 2, 3, 4, 5]);
  await settle();
  assert.deepEqual(
    groups.map(({ items }) => items),
    [
      [1, 2],
      [3, 4],
    ],
  );
  groups[1]?.succeed();
  await settle();
  assert.deepEqual(groups[2]?.items, [5]);
  groups[2]?.succeed();
  groups[0]?.succeed();
  assert.deepEqual(await all, ['r1', 'r2', 'r3', 'r4', 'r5']);
});

test('a failed write is the failure of its group alone', async () => {
  const { groups, commit } = startManual(2);
  const one = commit.add(1);
  const two = commit.add(2);
  const three = commit.add(3);
  await settle();
  groups[0]?.fail(new Error('no'));
  await assert.rejects(one, /no/);
  await assert.rejects(two, /no/);
  await settle();
  groups[1]?.succeed();
  assert.equal(await three, 'r3');
});

test('a write that answers too few results, or throws at once, fails its group', async () => {
  const few = createGroupCommit<number, number>({ maxItems: 10, write: async () => [1] });
  await assert.rejects(few.addAll([1, 2]), RangeError);
  const thrower = createGroupCommit<number, number>({
    maxItems: 10,
    write: () => {
      throw new Error('at once');
    },
  });
  await assert.rejects(thrower.add(1), /at once/);
  await thrower.idle();
});

test('adding nothing answers nothing and writes nothing', async () => {
  const { groups, commit } = startManual();
  assert.deepEqual(await commit.addAll([]), []);
  await settle();
  assert.equal(groups.length, 0);
});

test('idle waits for what waits and for what is being written, also after a failure', async () => {
  const { groups, commit } = startManual(1);
  await commit.idle();
  const one = commit.add(1);
  const two = commit.add(2);
  let isIdle = false;
  const idle = commit.idle().then(() => {
    isIdle = true;
  });
  await settle();
  groups[0]?.fail(new Error('no'));
  await assert.rejects(one);
  await settle();
  assert.equal(isIdle, false);
  groups[1]?.succeed();
  await two;
  await idle;
});

test('whatever comes when, each item is written once, in the order of hand-in, and gets its own result', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(fc.nat(9), { maxLength: 5 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (scheduler, batches, maxItems) => {
        const written: number[] = [];
        const commit = createGroupCommit<number, number>({
          maxItems,
          async write(items) {
            assert.ok(items.length <= maxItems);
            await scheduler.schedule(Promise.resolve(), 'write');
            written.push(...items);
            return items.map((item) => item * 2);
          },
        });
        let next = 0;
        const handed: number[] = [];
        const adding = batches.map(async (batch, index) => {
          await scheduler.schedule(Promise.resolve(), `add ${index}`);
          const items = batch.map(() => {
            next += 1;
            return next;
          });
          handed.push(...items);
          assert.deepEqual(
            await commit.addAll(items),
            items.map((item) => item * 2),
          );
        });
        await scheduler.waitFor(Promise.all(adding));
        assert.deepEqual(written, handed);
        assert.equal(commit.waiting, 0);
        await commit.idle();
      },
    ),
    { numRuns: 100 },
  );
});

test('a write that never answers fails when its time is over, and those behind it get their turn', async () => {
  let writes = 0;
  const commit = createGroupCommit<number, number>({
    maxItems: 1,
    withinMs: 5,
    write: (items) => {
      writes += 1;
      return writes === 1 ? new Promise(() => undefined) : Promise.resolve(items);
    },
  });
  // The deadline alone keeps no process alive.
  const alive = setTimeout(() => undefined, 5000);
  const [first, second] = await Promise.allSettled([commit.add(1), commit.add(2)]);
  clearTimeout(alive);
  assert.equal(first.status, 'rejected');
  assert.deepEqual(second, { status: 'fulfilled', value: 2 });
});
