// Figures: what is counted, how counts become one figure, and that nobody can make them grow without end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMeter } from '../../src/stats/meter.js';
import { addCounts, addTime, classOfMs, noCounts, percentile, spanStart } from '../../src/stats/stats.js';

test('a percentile is at most a quarter too long, and never longer than the longest', () => {
  const times = fc.array(fc.double({ min: 0, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.95, 1), (list, part) => {
      const { processing } = noCounts();
      for (const ms of list) addTime(processing, ms);
      const sorted = [...list].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(list.length * part) - 1] ?? Number.NaN;
      const told = percentile(processing, part) ?? Number.NaN;
      assert.ok(told >= exact - 1e-9, `${told} is less than ${exact}`);
      assert.ok(told <= Math.max(1, exact * 1.25 + 1e-6), `${told} is too far above ${exact}`);
      assert.ok(told <= Math.max(...list));
    }),
  );
  assert.equal(percentile(noCounts().processing, 0.5), null);
  assert.equal(classOfMs(1e12), '62');
});

test('counts of several processes and spans add up', () => {
  const [one, other] = [noCounts(), noCounts()];
  one.events = 2;
  addTime(one.processing, 3, 2);
  other.refused = 1;
  addTime(other.processing, 9);
  addCounts(one, other);
  assert.deepEqual(
    [one.events, one.refused, one.processing.count, one.processing.sumMs, one.processing.maxMs],
    [2, 1, 3, 15, 9],
  );
});

test('a span begins at a whole multiple of its length', () => {
  assert.equal(spanStart(new Date('2026-01-02T03:04:05.678Z'), 60).toISOString(), '2026-01-02T03:04:00.000Z');
  assert.equal(spanStart(new Date('2026-01-02T03:04:05.678Z'), 86_400).toISOString(), '2026-01-02T00:00:00.000Z');
});

test('what is counted is told once by name and once in all, and stays in the totals', () => {
  const meter = createMeter();
  meter.published('order.paid', 2, 3);
  meter.refused('order.paid');
  meter.refused(null);
  meter.sent('order.paid', 40, true);
  meter.fired('from_github', 5);
  meter.misfired('from_github');
  const counted = meter
    .drain()
    .map(({ kind, name, counts }) => [kind, name, counts.events, counts.refused, counts.failed]);
  assert.deepEqual(counted, [
    ['TOTAL', '', 3, 2, 1],
    ['EVENT_TYPE', 'order.paid', 3, 1, 1],
    ['TRIGGER', 'from_github', 1, 1, 0],
  ]);
  assert.deepEqual(meter.drain(), []);
  meter.published('order.paid', 2);
  assert.equal(meter.totals('EVENT_TYPE').get('order.paid')?.events, 4);
});

test('names without end are counted in the total alone', () => {
  const meter = createMeter();
  for (let round = 0; round < 2; round += 1) {
    for (let n = 0; n < 5000; n += 1) meter.published(`type_${round}_${n}`, 1);
    meter.drain();
  }
  assert.equal(meter.totals('EVENT_TYPE').size, 2000);
  assert.equal(meter.totals('TOTAL').get('')?.events, 10_000);
});
