// Schedules: when they are due, what is refused, and what becomes of due times that were missed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/problem.js';
import type { Occurrence } from '../../src/trigger/fire-trigger.js';
import { schedule } from '../../src/trigger/schedule.js';
import { createScheduleTimes, type MissedPolicy, type ScheduleSettings } from '../../src/trigger/schedule-times.js';
import type { RunTools } from '../../src/trigger/trigger-kind.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';

const now = new Date('2026-01-01T00:00:00.000Z');

function check(input: object): ScheduleSettings {
  return schedule.check(input, now).settings as ScheduleSettings;
}

function nextTimes(input: object, count: number, after = now): string[] {
  const times = createScheduleTimes(check(input), now);
  const found: string[] = [];
  for (let at = times.next(after); at !== null && found.length < count; at = times.next(at))
    found.push(at.toISOString());
  return found;
}

test('a cron expression is due in its time zone, through the change to summer time', () => {
  assert.deepEqual(
    nextTimes({ cron: '30 8 * * 1-5', timeZone: 'Europe/Berlin' }, 2, new Date('2026-03-27T00:00:00Z')),
    ['2026-03-27T07:30:00.000Z', '2026-03-30T06:30:00.000Z'],
  );
  assert.deepEqual(nextTimes({ cron: '*/20 * * * * *' }, 3), [
    '2026-01-01T00:00:20.000Z',
    '2026-01-01T00:00:40.000Z',
    '2026-01-01T00:01:00.000Z',
  ]);
});

test('an interval is counted from its start, and ends', () => {
  const startAt = new Date('2026-01-01T00:00:10.000Z');
  const endAt = new Date('2026-01-01T00:00:11.000Z');
  assert.deepEqual(nextTimes({ intervalSeconds: 0.5, startAt, endAt }, 9), [
    '2026-01-01T00:00:10.000Z',
    '2026-01-01T00:00:10.500Z',
    '2026-01-01T00:00:11.000Z',
  ]);
});

test('due times of an interval are evenly spaced, wherever one begins to look', () => {
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 100_000 }), fc.integer({ min: -1e6, max: 1e9 }), (ms, offset) => {
      const times = createScheduleTimes(check({ intervalSeconds: ms / 1000 }), now);
      const after = new Date(now.getTime() + offset);
      const next = times.next(after) ?? assert.fail();
      assert.ok(next > after && (next.getTime() - now.getTime()) % ms === 0);
      assert.ok(next.getTime() - Math.max(after.getTime(), now.getTime() - ms) <= ms);
    }),
  );
});

test('what is no schedule is refused by the name of its field', () => {
  const refused: readonly (readonly [object, string])[] = [
    [{}, 'cron'],
    [{ cron: '* * * * *', intervalSeconds: 5 }, 'cron'],
    [{ cron: 'every day' }, 'cron'],
    [{ cron: '0 0 30 2 *' }, 'cron'],
    [{ cron: '61 * * * *' }, 'cron'],
    [{ cron: `${'1,'.repeat(200)}1 * * * *` }, 'cron'],
    [{ intervalSeconds: 0.01 }, 'intervalSeconds'],
    [{ intervalSeconds: 1e9 }, 'intervalSeconds'],
    [{ intervalSeconds: 1, timeZone: 'Mars/Base' }, 'timeZone'],
    [{ intervalSeconds: 1, maxMissed: 0 }, 'maxMissed'],
    [{ intervalSeconds: 1, data: 'x'.repeat(70_000) }, 'data'],
    [{ intervalSeconds: 1, startAt: now, endAt: new Date(0) }, 'endAt'],
  ];
  for (const [input, field] of refused) {
    assert.throws(
      () => check(input),
      (error) => error instanceof Problem && error.field === field,
      JSON.stringify(input).slice(0, 100),
    );
  }
});

interface Started {
  readonly clock: FakeClock;
  readonly fired: string[];
  readonly positions: unknown[];
  readonly stop: () => Promise<void>;
}

function start(input: object, position: unknown, fails: () => boolean = () => false): Started {
  const clock = createFakeClock(now);
  const stop = new AbortController();
  const fired: string[] = [];
  const positions: unknown[] = [];
  const tools = {
    trigger: { settings: check(input), createdAt: new Date(now.getTime() - 60_000), updatedAt: new Date(0) },
    position,
    savePosition: (at: unknown) => void positions.push(at),
    async fire(occurrences: readonly Occurrence[]) {
      if (fails()) return false;
      fired.push(...occurrences.map(({ deliveryId }) => deliveryId ?? ''));
      return true;
    },
    clock,
    signal: stop.signal,
  };
  const ended = schedule.run?.(tools as unknown as RunTools);
  return {
    clock,
    fired,
    positions,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

const ago = (seconds: number): number => now.getTime() - seconds * 1000;

for (const [missed, expected] of [
  ['SKIP', 0],
  ['ONCE', 1],
  ['ALL', 3],
] as readonly (readonly [MissedPolicy, number])[]) {
  test(`of eight due times that were missed, ${missed} fires ${expected}`, async () => {
    const { clock, fired, stop } = start({ intervalSeconds: 5, missed, maxMissed: 3 }, ago(40));
    await clock.advance(0);
    // The eighth is due this moment, and so on time.
    const late = fired.filter((at) => at < now.toISOString());
    assert.deepEqual(
      late,
      ['2025-12-31T23:59:45.000Z', '2025-12-31T23:59:50.000Z', '2025-12-31T23:59:55.000Z'].slice(3 - expected),
    );
    assert.equal(fired.at(-1), now.toISOString());
    await clock.advance(5000);
    assert.equal(fired.at(-1), '2026-01-01T00:00:05.000Z');
    await stop();
  });
}

test('a due time that cannot be published is tried again until it is, and none is left out', async () => {
  let isDown = true;
  const { clock, fired, positions, stop } = start({ intervalSeconds: 1 }, ago(0), () => isDown);
  await clock.advance(1600);
  assert.deepEqual([fired, positions], [[], []]);
  isDown = false;
  await clock.advance(1400);
  assert.deepEqual(fired, ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:02.000Z', '2026-01-01T00:00:03.000Z']);
  await stop();
});

test('a schedule that is over waits for nothing and ends when it is told to', async () => {
  const { clock, fired, stop } = start({ intervalSeconds: 1, endAt: new Date(0) }, undefined);
  await clock.advance(10_000);
  assert.deepEqual(fired, []);
  await stop();
});
