// Processes that lock deliveries: whose locks are taken over and when, whatever their clocks say.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createHolderStore, type HolderStore } from '../../src/delivery/holder-store.js';
import { followHolders, type Holders } from '../../src/delivery/holders.js';
import { openDatabase } from '../kit/database.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { createMemoryHolderStore } from '../kit/memory-limit-stores.js';
import { createRecordedLog } from '../kit/memory-stores.js';

interface Process {
  readonly holders: Holders;
  readonly clock: FakeClock;
  /** Holders whose locks it has taken. */
  readonly taken: string[];
  takenOver: number;
}

const running: Process[] = [];
afterEach(async () => {
  for (const { holders } of running.splice(0)) await holders.close();
});

function start(name: string, store: HolderStore, clock = createFakeClock()): Process {
  const taken: string[] = [];
  const holders = followHolders({
    holder: name,
    holders: store,
    deliveries: {
      async breakLocks(_before, which) {
        if (which !== undefined && 'only' in which) taken.push(...which.only);
        return 1;
      },
    },
    clock,
    log: createRecordedLog(),
    onTakenOver: () => {
      one.takenOver += 1;
    },
  });
  const one: Process = { holders, clock, taken, takenOver: 0 };
  running.push(one);
  return one;
}

/** A clock that steps, without anything in between, as when a process is stopped or a machine sleeps. */
function sleeping(sleptMs: () => number): FakeClock {
  const clock = createFakeClock();
  return { ...clock, monotonicMs: () => clock.monotonicMs() + sleptMs() };
}

/** Lets time pass for the processes together, in steps short enough for their beats to mix. */
async function pass(processes: readonly Process[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) for (const { clock } of processes) await clock.advance(500);
}

test('a process that says nothing for ten seconds loses its locks, and one that lives does not', async () => {
  const store = createMemoryHolderStore();
  const [one, two, dying] = [start('one', store), start('two', store), start('dying', store)];
  await pass([one, two, dying], 6000);
  await pass([one, two], 9500);
  assert.deepEqual([one.taken, two.taken], [[], []]);
  assert.equal(one.holders.isAlive('dying'), true);
  await pass([one, two], 3000);
  assert.deepEqual([...one.taken, ...two.taken].sort()[0], 'dying');
  assert.ok([one, two].every(({ taken }) => taken.every((id) => id === 'dying')));
  assert.ok(one.takenOver + two.takenOver >= 1);
  await pass([one, two], 3000);
  assert.deepEqual(
    [one.holders.isAlive('dying'), two.holders.isAlive('dying'), one.holders.isAlive('two')],
    [false, false, true],
  );
  assert.deepEqual(one.holders.living().sort(), ['one', 'two']);
  running.splice(running.indexOf(dying), 1);
});

test('processes whose clocks are three minutes apart take nothing from each other', async () => {
  const store = createMemoryHolderStore();
  const at = (ms: number): FakeClock => createFakeClock(new Date(Date.UTC(2026, 0, 1) + ms));
  const three = [start('one', store, at(0)), start('two', store, at(180_000)), start('three', store, at(-180_000))];
  await pass(three, 60_000);
  assert.deepEqual(
    three.flatMap(({ taken }) => taken),
    [],
  );
});

test('a process that was stopped and goes on takes nothing from those that lived meanwhile, and is heard of again', async () => {
  const store = createMemoryHolderStore();
  let sleptMs = 0;
  const [one, two] = [
    start(
      'one',
      store,
      sleeping(() => sleptMs),
    ),
    start('two', store),
  ];
  await pass([one, two], 6000);
  await pass([two], 30_000);
  assert.deepEqual(two.taken, ['one']);
  sleptMs = 30_000;
  await pass([one, two], 10_000);
  assert.deepEqual([one.taken, two.taken], [[], ['one']]);
  assert.deepEqual(two.holders.isAlive('one'), true);
});

test('processes that were all stopped together take nothing from each other', async () => {
  const store = createMemoryHolderStore();
  let sleptMs = 0;
  const both = ['one', 'two'].map((name) =>
    start(
      name,
      store,
      sleeping(() => sleptMs),
    ),
  );
  await pass(both, 6000);
  sleptMs = 3_600_000;
  await pass(both, 20_000);
  assert.deepEqual(
    both.flatMap(({ taken }) => taken),
    [],
  );
});

test('an answer that the database gives late is the death of nobody', async () => {
  const beats = new Map<string, number>();
  const store = createMemoryHolderStore(beats);
  const clock = createFakeClock();
  let delayMs = 0;
  const slow: HolderStore = {
    ...store,
    async all() {
      const found = await store.all();
      if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      return found;
    },
  };
  const [one, two] = [start('one', slow, clock), start('two', store)];
  await pass([one, two], 6000);
  delayMs = 20_000;
  await pass([one, two], 24_000);
  delayMs = 0;
  await pass([one, two], 30_000);
  assert.deepEqual(one.taken, []);
});

test('a process that nobody has heard of yet is alive for ten seconds, and then it is not', async () => {
  const one = start('one', createMemoryHolderStore());
  assert.equal(one.holders.isAlive('one'), true);
  assert.equal(one.holders.isAlive('new'), true);
  await one.clock.advance(9000);
  assert.equal(one.holders.isAlive('new'), true);
  await one.clock.advance(2000);
  assert.equal(one.holders.isAlive('new'), false);
});

test('a process that closes is gone at once for those that have heard of it', async () => {
  const store = createMemoryHolderStore();
  const [one, two] = [start('one', store), start('two', store)];
  await pass([one, two], 4000);
  await two.holders.close();
  running.splice(running.indexOf(two), 1);
  await pass([one], 2500);
  assert.equal(one.holders.isAlive('two'), false);
  assert.deepEqual(one.taken, []);
});

test('on the real store a dead process is found, and one that beats once more in time is not removed', async () => {
  const database = await openDatabase();
  try {
    const store = createHolderStore(database.connection);
    await store.beat('dead');
    await store.beat('late');
    assert.deepEqual((await store.all()).map(({ id, beat }) => `${id} ${beat}`).sort(), ['dead 1', 'late 1']);
    await store.beat('late');
    await store.remove('late', 1);
    await store.remove('dead', 1);
    assert.deepEqual(await store.all(), [{ id: 'late', beat: 2 }]);
    const one = start('one', store);
    /** Lets it look once more: it has looked when it waits for its timer again. */
    const looked = async (): Promise<void> => {
      for (let turn = 0; turn < 5000 && one.clock.timers === 0; turn += 1) await settle();
      await one.clock.advance(2000);
    };
    for (let round = 0; round < 9 && one.taken.length === 0; round += 1) await looked();
    assert.deepEqual(one.taken, ['late']);
    await running.pop()?.holders.close();
    assert.deepEqual(await store.all(), []);
  } finally {
    await database.close();
  }
});
