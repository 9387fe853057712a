// The pace of replays: the size of pages by the size of events, and rests while nothing moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplayPace, maxPageSize } from '../../src/delivery/replay-pace.js';

const mib = 1024 * 1024;

test('pages grow while events are small and shrink while they are large, within bounds', () => {
  const pace = createReplayPace();
  const sizes = (times: number, bytesPerEvent: number): number[] =>
    Array.from({ length: times }, () => {
      pace.read('a', pace.pageSize('a') * bytesPerEvent);
      return pace.pageSize('a');
    });
  assert.equal(pace.pageSize('a'), 50);
  assert.deepEqual(sizes(4, 1000), [100, maxPageSize, maxPageSize, maxPageSize]);
  assert.deepEqual(sizes(4, mib), [100, 50, 25, 25]);
  assert.deepEqual(
    sizes(2, 100_000),
    [25, 25].map(() => 25),
  );
  assert.deepEqual(sizes(3, 10), [50, 100, 200]);
  assert.equal(pace.pageSize('b'), 50);
  pace.forget('a');
  assert.equal(pace.pageSize('a'), 50);
});

test('a replay whose deliveries do not end is looked at less and less, and at once again when they do', () => {
  const pace = createReplayPace();
  let nowMs = 0;
  const rest = (unfinished: number): number => {
    pace.full('a', unfinished, nowMs);
    const fromMs = nowMs;
    while (!pace.isTime('a', nowMs)) nowMs += 1000;
    return nowMs - fromMs;
  };
  assert.deepEqual(
    Array.from({ length: 8 }, () => rest(2000)),
    [0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000],
  );
  assert.deepEqual([rest(1990), rest(1990), rest(1980)], [0, 1000, 0]);
  assert.deepEqual([rest(1980), rest(1980)], [1000, 2000]);
  pace.read('a', 10);
  assert.equal(rest(1980), 1000);
  assert.equal(pace.isTime('b', nowMs), true);
});
