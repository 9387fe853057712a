// Limits that several processes share: never more than they say in all, not much less, and for each process something.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../src/clock.js';
import { createPermitStore, type PermitStore } from '../../src/delivery/permit-store.js';
import { grantTokens } from '../../src/delivery/shared-limit.js';
import { createSharedPermits, type SharedPermits } from '../../src/delivery/shared-permits.js';
import type { RateLimit } from '../../src/webhook-subscription/delivery-policy.js';
import { openDatabase } from '../kit/database.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { createFakeRandom } from '../kit/fake-random.js';
import { createMemoryPermitStore } from '../kit/memory-limit-stores.js';
import { createRecordedLog } from '../kit/memory-stores.js';

/** One process with work for one webhook subscription. */
interface Process {
  readonly name: string;
  readonly permits: SharedPermits;
  /** When requests began, in milliseconds. */
  readonly begun: number[];
  running: number;
  waiting: number;
  isAlive: boolean;
}

interface World {
  readonly clock: FakeClock;
  readonly processes: Process[];
  readonly dead: Set<string>;
}

function startProcess({ clock, processes, dead }: World, store: PermitStore): Process {
  const one: Process = {
    name: `p${processes.length}`,
    permits: createSharedPermits({
      holder: `p${processes.length}`,
      store,
      // Each has a monotonic clock of its own.
      clock: shifted(clock, processes.length * 12_345),
      random: createFakeRandom(processes.length),
      log: createRecordedLog(),
      isAlive: (id) => !dead.has(id),
      loadOf: () => one,
      onGranted: () => undefined,
    }),
    begun: [],
    running: 0,
    waiting: 0,
    isAlive: true,
  };
  processes.push(one);
  return one;
}

function shifted(clock: FakeClock, byMs: number): Pick<Clock, 'monotonicMs'> {
  return { monotonicMs: () => clock.monotonicMs() + byMs };
}

function startWorld(
  count: number,
  roundTripMs = 4,
): World & { readonly store: ReturnType<typeof createMemoryPermitStore> } {
  const clock = createFakeClock();
  const store = createMemoryPermitStore(
    () => clock.now().getTime(),
    () => new Promise((resolve) => clock.after(roundTripMs, resolve)),
  );
  const world = { clock, processes: [], dead: new Set<string>(), store };
  for (let index = 0; index < count; index += 1) startProcess(world, store);
  return world;
}

const stepMs = 5;

/** Lets each process begin what it may, as its lane does, every few milliseconds of `ms`. */
async function run(world: World, ms: number, step: (one: Process, nowMs: number) => void): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    const nowMs = world.clock.monotonicMs();
    for (const one of world.processes) if (one.isAlive) step(one, nowMs);
    if (nowMs % 1000 === 0) for (const one of world.processes) if (one.isAlive) void one.permits.giveBack();
    await world.clock.advance(stepMs);
  }
}

/** Most that began within any span, above what the limit allows there; negative when it was never reached. */
function excess(begun: readonly number[], { perSecond, burst }: RateLimit): number {
  const sorted = [...begun].sort((a, b) => a - b);
  let most = Number.NEGATIVE_INFINITY;
  for (let first = 0; first < sorted.length; first += 1)
    for (let last = first; last < Math.min(sorted.length, first + perSecond + burst); last += 1) {
      const spanMs = (sorted[last] ?? 0) - (sorted[first] ?? 0);
      most = Math.max(most, last - first + 1 - 1.1 * (burst + (perSecond * spanMs) / 1000));
    }
  return most;
}

const limits: readonly RateLimit[] = [
  { perSecond: 50, burst: 10 },
  { perSecond: 100, burst: 1 },
  { perSecond: 2, burst: 1 },
];
for (const limit of limits) {
  for (const count of [2, 5]) {
    test(`${count} processes that always have work keep ${limit.perSecond}/s with a burst of ${limit.burst} within 10 %`, async () => {
      const world = startWorld(count);
      const seconds = 10;
      await run(world, seconds * 1000, (one, nowMs) => {
        one.waiting = 1000;
        const ownMs = nowMs + Number(one.name.slice(1)) * 12_345;
        while (one.permits.take('s', limit, ownMs)) one.begun.push(nowMs);
      });
      const all = world.processes.flatMap(({ begun }) => begun);
      const expected = limit.perSecond * seconds;
      assert.ok(all.length <= 1.1 * (limit.burst + expected), `${all.length} of ${expected}`);
      assert.ok(all.length >= 0.9 * expected, `${all.length} of ${expected}`);
      assert.ok(excess(all, limit) <= 1, `${excess(all, limit)} too many`);
      // Each gets on.
      for (const { begun } of world.processes) assert.ok(begun.length >= expected / count / 5, `${begun.length}`);
    });
  }
}

test('asking for slots takes no tokens, and tokens that are there are kept', async () => {
  const world = startWorld(1, 0);
  const [one] = world.processes;
  assert.ok(one !== undefined);
  const limit = { perSecond: 10, burst: 5 };
  let taken = 0;
  await run(world, 10_000, (process, nowMs) => {
    process.waiting = 100;
    process.running = 0;
    process.permits.maxRunning('s', 3);
    if (process.permits.take('s', limit, nowMs)) taken += 1;
  });
  assert.ok(taken >= 95 && taken <= 105, `${taken}`);
});

for (const [max, count] of [
  [5, 2],
  [7, 5],
  [1, 2],
  [2, 5],
] as const) {
  test(`${count} processes never run more than ${max} at once, use what there is, and each gets on`, async () => {
    const world = startWorld(count);
    const random = createFakeRandom(max * 10 + count);
    let most = 0;
    let sum = 0;
    const ends: { readonly one: Process; readonly atMs: number }[] = [];
    const spanMs = 15_000;
    await run(world, spanMs, (one, nowMs) => {
      for (const end of ends.splice(0)) {
        if (end.atMs > nowMs) ends.push(end);
        else end.one.running -= 1;
      }
      one.waiting = 50;
      while (one.running < one.permits.maxRunning('s', max)) {
        one.running += 1;
        one.begun.push(nowMs);
        ends.push({ one, atMs: nowMs + 20 + Math.floor(random() * 200) });
      }
      const all = world.processes.reduce((total, { running }) => total + running, 0);
      most = Math.max(most, all);
      sum += all / count;
    });
    assert.ok(most <= max, `${most} at once`);
    assert.ok((sum * stepMs) / spanMs >= 0.7 * max, `${(sum * stepMs) / spanMs} on average`);
    for (const { begun } of world.processes) {
      assert.ok(begun.length > 0);
      const gaps = [0, ...begun, spanMs].map((atMs, index, some) => atMs - (some[index - 1] ?? atMs));
      assert.ok(Math.max(...gaps) <= 3000 * count, `a process waited ${Math.max(...gaps)} ms`);
    }
  });
}

test('slots of a process without work are given back to the others', async () => {
  const world = startWorld(2);
  const [one, two] = world.processes;
  assert.ok(one !== undefined && two !== undefined);
  await run(world, 1000, (process) => {
    process.waiting = process === one ? 10 : 0;
    if (process === one) process.permits.maxRunning('s', 4);
  });
  assert.equal(one.permits.maxRunning('s', 4), 4);
  await run(world, 2500, (process) => {
    process.waiting = process === one ? 0 : 10;
    if (process === two) process.permits.maxRunning('s', 4);
  });
  assert.deepEqual([one.permits.maxRunning('s', 4), two.permits.maxRunning('s', 4)], [0, 4]);
});

test('slots of a dead process come back', async () => {
  const world = startWorld(2);
  const [one, two] = world.processes;
  assert.ok(one !== undefined && two !== undefined);
  const step = (process: Process): void => {
    process.waiting = 10;
    process.permits.maxRunning('s', 4);
  };
  await run(world, 3000, step);
  one.isAlive = false;
  await run(world, 3000, step);
  assert.equal(two.permits.maxRunning('s', 4), 2);
  world.dead.add(one.name);
  await run(world, 1500, step);
  assert.equal(two.permits.maxRunning('s', 4), 4);
});

test('while nothing changes nothing is written', async () => {
  const world = startWorld(2);
  await run(world, 3000, (one) => {
    one.waiting = 10;
    one.permits.maxRunning('s', 4);
  });
  const before = world.store.writes.count;
  await run(world, 10_000, (one) => void one.permits.maxRunning('s', 4));
  assert.equal(world.store.writes.count, before);
});

test('a database that fails is asked again, and nothing is begun meanwhile', async () => {
  const clock = createFakeClock();
  const working = createMemoryPermitStore(() => clock.now().getTime());
  let isAway = true;
  const store: PermitStore = {
    forget: (ids) => working.forget(ids),
    change: (id, decide) => (isAway ? Promise.reject(new Error('the database is away')) : working.change(id, decide)),
  };
  const world: World = { clock, processes: [], dead: new Set() };
  const one = startProcess(world, store);
  one.waiting = 10;
  const limit = { perSecond: 10, burst: 1 };
  assert.equal(one.permits.take('s', limit, 0), false);
  await one.permits.giveBack();
  await clock.advance(600);
  assert.equal(one.permits.take('s', limit, 600), false);
  isAway = false;
  await clock.advance(600);
  assert.equal(one.permits.take('s', limit, 1200), false);
  await settle();
  assert.equal(one.permits.take('s', limit, 1200), true);
});

test('tokens that are granted ahead of their time are as far apart as the rate says', () => {
  const now = 1_000_000;
  const granted = grantTokens({ fullAtMs: 0, held: [] }, { perSecond: 100, burst: 3 }, { nowMs: now, demand: 6 });
  assert.deepEqual(granted.usableAtMs, [now, now, now, now + 10, now + 20, now + 30]);
  const next = grantTokens({ ...granted, held: [] }, { perSecond: 100, burst: 3 }, { nowMs: now, demand: 1 });
  assert.deepEqual(next.usableAtMs, [now + 40]);
  const none = grantTokens({ fullAtMs: now + 5000, held: [] }, { perSecond: 1, burst: 1 }, { nowMs: now, demand: 1 });
  assert.deepEqual([none.usableAtMs, none.waitMs, none.fullAtMs], [[], 4750, now + 5000]);
});

test('five processes on the real store hold no more than there is, in any order of their writes', async () => {
  const database = await openDatabase();
  try {
    const clock = createFakeClock();
    const world: World = { clock, processes: [], dead: new Set() };
    for (let index = 0; index < 5; index += 1) startProcess(world, createPermitStore(database.connection, clock));
    for (let round = 0; round < 6; round += 1) {
      for (const one of world.processes) {
        one.waiting = 10;
        one.permits.maxRunning('s', 7);
      }
      await Promise.all(world.processes.map(({ permits }) => permits.giveBack()));
      await until(world);
      const held = world.processes.map(({ permits }) => permits.maxRunning('s', 7));
      assert.ok(held.reduce((sum, slots) => sum + slots, 0) <= 7);
      await clock.advance(1100);
    }
    await until(world);
    for (const one of world.processes) assert.ok(one.permits.maxRunning('s', 7) >= 1);
    const limit = { perSecond: 10, burst: 10 };
    let begun = 0;
    for (let round = 0; round < 10; round += 1) {
      for (const [index, one] of world.processes.entries())
        while (one.permits.take('r', limit, clock.monotonicMs() + index * 12_345)) begun += 1;
      await until(world);
      await clock.advance(100);
    }
    assert.ok(begun >= 15 && begun <= 22, `${begun} in a second`);
  } finally {
    await database.close();
  }
});

/** Resolves when no process waits for the real store. */
async function until(world: World): Promise<void> {
  for (const { permits } of world.processes) await permits.idle();
}
