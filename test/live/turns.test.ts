import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../src/live/turns.js';

test('no turn has more steps than allowed, and whoever waits goes on in order', async () => {
  const turns = createTurns(10);
  const steps: number[] = [];
  let mostPerTurn = 0;
  let inTurn = 0;
  let isOver = false;
  const watch = (): void => {
    mostPerTurn = Math.max(mostPerTurn, inTurn);
    inTurn = 0;
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  await Promise.all(
    Array.from({ length: 95 }, async (_, index) => {
      const turn = turns.take();
      if (turn !== null) await turn;
      inTurn += 1;
      steps.push(index);
    }),
  );
  isOver = true;
  assert.deepEqual(
    steps,
    Array.from({ length: 95 }, (_, index) => index),
  );
  assert.ok(mostPerTurn <= 10, `${mostPerTurn} in a turn`);
});
