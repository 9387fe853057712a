import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../src/log.js';
import { repeat } from '../src/repeat.js';
import { createFakeClock } from './kit/fake-clock.js';

const log = createLog('silent');

test('work runs at once, then again after each pause, and goes on after a failure', async () => {
  const clock = createFakeClock();
  let runs = 0;
  const repeated = repeat({
    clock,
    log,
    everyMs: 1000,
    async work() {
      runs += 1;
      if (runs === 2) throw new Error('once');
    },
  });
  await clock.advance(0);
  assert.equal(runs, 1);
  await clock.advance(1000);
  assert.equal(runs, 2);
  await clock.advance(1000);
  assert.equal(runs, 3);
  await repeated.close();
  await clock.advance(10_000);
  assert.equal(runs, 3);
});

test('closing waits for the running work', async () => {
  const clock = createFakeClock();
  let finish: () => void = () => undefined;
  const repeated = repeat({
    clock,
    log,
    everyMs: 1000,
    work: () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  });
  let isClosed = false;
  const closed = repeated.close().then(() => {
    isClosed = true;
  });
  await clock.advance(5000);
  assert.equal(isClosed, false);
  finish();
  await closed;
});
