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
  const first = barrier.caughtUp().then(open);
  await settle();
  revision = 5;
  const second = barrier.caughtUp().then(open);
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
  const waiting = assert.rejects(barrier.caughtUp(), { code: 'STORE_UNAVAILABLE', message: /things/ });
  await settle();
  await clock.advance(10_000);
  await waiting;
  // Whoever gave up is not called any more.
  barrier.see(1);
  assert.equal(clock.timers, 0);
});
