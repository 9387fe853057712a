// When live clients are pinged: each in a rhythm of its own, whoever comes and goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPings } from '../../src/graphql/pings.js';
import { createFakeClock } from '../kit/fake-clock.js';

test('each client is pinged once in each period, for the first time after one', async () => {
  const clock = createFakeClock();
  const pinged: [who: string, atMs: number][] = [];
  const ping = (who: string): void => void pinged.push([who, Math.round(clock.monotonicMs())]);
  const pings = startPings({ clock, everyMs: 1000, ping });
  pings.add('early');
  await clock.advance(450);
  pings.add('late');
  await clock.advance(2000);
  const of = (who: string): number[] => pinged.filter(([one]) => one === who).map(([, atMs]) => atMs);
  assert.deepEqual(of('early'), [1000, 2000]);
  assert.deepEqual(of('late'), [1450, 2450]);
});

test('those who leave change nothing for the others', async () => {
  const clock = createFakeClock();
  const counts = new Map<number, number>();
  const pings = startPings({
    clock,
    everyMs: 1000,
    ping: (one: number) => void counts.set(one, (counts.get(one) ?? 0) + 1),
  });
  for (let one = 0; one < 100; one += 1) {
    pings.add(one);
    await clock.advance(10);
  }
  for (let one = 0; one < 100; one += 2) {
    await clock.advance(20);
    pings.remove(one);
  }
  counts.clear();
  await clock.advance(1000);
  assert.deepEqual(
    [...counts].sort(([one], [other]) => one - other),
    Array.from({ length: 50 }, (_, index) => [index * 2 + 1, 1]),
  );
});

test('nobody is pinged after the stop', async () => {
  const clock = createFakeClock();
  let count = 0;
  const pings = startPings({
    clock,
    everyMs: 1000,
    ping: () => {
      count += 1;
    },
  });
  pings.add('one');
  pings.stop();
  await clock.advance(5000);
  assert.deepEqual([count, clock.timers], [0, 0]);
});

test('of ten thousand that come in the course of a period few are pinged in one turn', async () => {
  const clock = createFakeClock();
  let most = 0;
  let [turn, inTurn] = [0, 0];
  const pings = startPings({
    clock,
    everyMs: 15_000,
    ping() {
      inTurn = clock.monotonicMs() === turn ? inTurn + 1 : 1;
      turn = clock.monotonicMs();
      most = Math.max(most, inTurn);
    },
  });
  for (let second = 0; second < 15; second += 1) {
    for (let step = 0; step < 20; step += 1) {
      for (let n = 0; n < 34; n += 1) pings.add({ second, step, n });
      await clock.advance(50);
    }
  }
  await clock.advance(15_000);
  assert.ok(most > 0 && most <= 70, `${most} in one turn`);
});
