// Waiting with a bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../src/deadline.js';
import { Problem } from '../src/problem.js';
import { createFakeClock } from './kit/fake-clock.js';

test('what answers in time is answered, and no timer is left', async () => {
  const clock = createFakeClock();
  assert.equal(await within(1000, Promise.resolve('answer'), clock), 'answer');
  await assert.rejects(within(1000, Promise.reject(new TypeError('no')), clock), TypeError);
  assert.equal(clock.timers, 0);
});

test('what never answers is a problem of the store when its time is over', async () => {
  const clock = createFakeClock();
  const waiting = within(1000, new Promise(() => undefined), clock);
  const failed = assert.rejects(waiting, (error) => error instanceof Problem && error.code === 'STORE_UNAVAILABLE');
  await clock.advance(1000);
  await failed;
});
