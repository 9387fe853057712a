// Draining: how closings are spread over the window, on a clock that the test moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drain } from '../../src/graphql/drain.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { createFakeRandom } from '../kit/fake-random.js';

const clients = Array.from({ length: 1000 }, (_, index) => index);

function start(isAnswering: (client: number) => boolean = () => true) {
  const clock = createFakeClock();
  const ended = new Map<number, number>();
  const cut: number[] = [];
  let isDone = false;
  const drained = drain(clients, {
    clock,
    random: createFakeRandom(),
    withinMs: 2000,
    end: (client) => void ended.set(client, clock.monotonicMs()),
    isEnded: (client) => ended.has(client) && isAnswering(client),
    cutOff: (client) => void cut.push(client),
  }).then(() => {
    isDone = true;
  });
  return { clock, ended, cut, drained, isDone: () => isDone };
}

test('a thousand clients are ended over the whole window, a few at a time, in no order', async () => {
  const { clock, ended, cut, drained } = start();
  await clock.advance(2020);
  await drained;
  assert.equal(ended.size, 1000);
  assert.deepEqual(cut, []);
  const perTenth = Array.from({ length: 20 }, () => 0);
  for (const atMs of ended.values()) {
    const tenth = Math.min(19, Math.floor(atMs / 100));
    perTenth[tenth] = (perTenth[tenth] ?? 0) + 1;
  }
  for (const count of perTenth) assert.ok(count >= 48 && count <= 52, `${count} in a tenth of a second`);
  const order = [...ended.keys()];
  assert.equal(new Set(order).size, 1000);
  const ascending = order.filter((client, index) => client > (order[index - 1] ?? -1)).length;
  assert.ok(ascending > 400 && ascending < 600, `${ascending} came after one that connected before`);
});

test('nobody is ended exactly at the same step as in another run: each has a moment of its own', async () => {
  const { clock, ended, drained } = start();
  await clock.advance(2020);
  await drained;
  assert.ok(new Set(ended.values()).size > 990);
});

test('those who do not answer are cut off a second after the window, and then it is over', async () => {
  const { clock, ended, cut, drained, isDone } = start((client) => client % 10 !== 0);
  await clock.advance(2900);
  assert.deepEqual([ended.size, cut.length, isDone()], [1000, 0, false]);
  await clock.advance(150);
  await drained;
  assert.deepEqual(
    cut,
    clients.filter((client) => client % 10 === 0),
  );
});
