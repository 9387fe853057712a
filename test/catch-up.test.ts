// The barrier before a copy in memory: it opens with the writes that were acknowledged before, and says so when they do not come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatchUp } from '../src/catch-up.js';
import { createFakeClock, settle } from './kit/fake-clock.js';

test('it opens when the copy has seen what was acknowledged before, and not sooner', async () => {
  let revision = 3;
  const barrier = createCatchUp('things', async () => revision, createFakeClock());
  let opened = 0;
  const open = (): void => {
    opened += 1;
  };
  barrier.see(2);
  const first = barrier.caughtUp()?.then(open);
  await settle();
  revision = 5;
  const second = barrier.caughtUp()?.then(open);
  await settle();
  assert.equal(opened, 0);
  barrier.see(4);
  await first;
  assert.equal(opened, 1);
  barrier.see(5);
  await second;
  await barrier.caughtUp();
});

test('a copy that lost sight has seen nothing', async () => {
  const clock = createFakeClock();
  const barrier = createCatchUp('things', async () => 1, clock);
  barrier.see(1);
  await barrier.caughtUp();
  barrier.lose();
  const waiting = assert.rejects(async () => barrier.caughtUp(), { code: 'STORE_UNAVAILABLE', message: /things/ });
  await settle();
  await clock.advance(10_000);
  await waiting;
  // Whoever gave up is not called any more.
  barrier.see(1);
  assert.equal(clock.timers, 0);
});

test('where nobody else writes, a copy that is up to date keeps nobody waiting', async () => {
  let revision = 1;
  const barrier = createCatchUp('things', () => revision, createFakeClock());
  barrier.see(1);
  assert.equal(barrier.caughtUp(), null);
  revision = 2;
  const waiting = barrier.caughtUp();
  assert.notEqual(waiting, null);
  barrier.see(2);
  await waiting;
  assert.equal(barrier.caughtUp(), null);
  barrier.lose();
  assert.notEqual(barrier.caughtUp(), null);
  barrier.see(2);
});

test('those who ask while the revision is read share the next reading, which begins after they asked', async () => {
  const readings: ((revision: number) => void)[] = [];
  const barrier = createCatchUp(
    'things',
    () => new Promise<number>((resolve) => readings.push(resolve)),
    createFakeClock(),
  );
  barrier.see(1);
  const first = barrier.caughtUp();
  let opened = 0;
  const later = [1, 2, 3].map(async () => {
    await barrier.caughtUp();
    opened += 1;
  });
  assert.equal(readings.length, 1);
  readings[0]?.(1);
  await first;
  await settle();
  assert.deepEqual([readings.length, opened], [2, 0]);
  readings[1]?.(2);
  await settle();
  assert.equal(opened, 0);
  barrier.see(2);
  await Promise.all(later);
  assert.deepEqual([readings.length, opened], [2, 3]);
});

test('a revision that could not be read fails those who asked, and the next reading is a new one', async () => {
  let isDown = true;
  const barrier = createCatchUp(
    'things',
    async () => {
      if (isDown) throw new Error('down');
      return 1;
    },
    createFakeClock(),
  );
  barrier.see(1);
  const first = assert.rejects(async () => barrier.caughtUp(), /down/);
  const second = assert.rejects(async () => barrier.caughtUp(), /down/);
  await Promise.all([first, second]);
  isDown = false;
  await barrier.caughtUp();
});

test('a revision that does not come in ten seconds is STORE_UNAVAILABLE, and the next reading is a new one', async () => {
  const clock = createFakeClock();
  let readings = 0;
  const barrier = createCatchUp(
    'things',
    () => {
      readings += 1;
      return readings === 1 ? new Promise<never>(() => undefined) : Promise.resolve(1);
    },
    clock,
  );
  barrier.see(1);
  const first = assert.rejects(async () => barrier.caughtUp(), { code: 'STORE_UNAVAILABLE' });
  const second = barrier.caughtUp();
  await clock.advance(10_000);
  await first;
  await second;
  assert.deepEqual([readings, clock.timers], [2, 0]);
});
