// Counts in the database: what several processes add is one figure, ranges begin and end where they should, old spans go.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMeter } from '../../src/stats/meter.js';
import { createStatsReader, keepEveryMs } from '../../src/stats/read-stats.js';
import { spansOf, statsRanges } from '../../src/stats/stats.js';
import { createStatsStore, type StatsStore } from '../../src/stats/stats-store.js';
import { openDatabase, type TestDatabase } from '../kit/database.js';
import { createFakeClock } from '../kit/fake-clock.js';

let database: TestDatabase;
let store: StatsStore;
before(async () => {
  database = await openDatabase();
  store = createStatsStore(database.connection);
  await store.createIndexes();
});
after(() => database.close());

const all = { kind: 'TOTAL', name: '' } as const;

test('figures are of the range asked for, by event type and by trigger, whoever counted', async () => {
  const clock = createFakeClock();
  const reader = createStatsReader(store, clock);
  const [one, other] = [createMeter(), createMeter()];
  one.published('order.paid', 4, 2);
  one.sent('order.paid', 100, false);
  other.published('order.paid', 8);
  other.published('user.left', 1);
  other.refused('user.left');
  other.fired('from_github', 3);
  for (const meter of [one, other]) await store.add(meter.drain(), clock.now());
  for (const range of statsRanges) {
    const { counts } = await reader.read(range, all);
    assert.deepEqual(
      [counts.events, counts.refused, counts.processing.maxMs, counts.sending.count],
      [4, 1, 8, 1],
      range,
    );
  }
  const { counts, spans } = await reader.read('HOUR', { kind: 'EVENT_TYPE', name: 'order.paid' });
  assert.deepEqual([counts.events, counts.processing.sumMs, spans.length], [3, 16, 1]);
  const listed = await reader.list('DAY', 'EVENT_TYPE');
  assert.deepEqual(
    listed.map(({ name, counts: { events } }) => [name, events]),
    [
      ['order.paid', 3],
      ['user.left', 1],
    ],
  );
  assert.deepEqual(
    (await reader.list('DAY', 'TRIGGER')).map(({ name }) => name),
    ['from_github'],
  );

  await clock.advance(3_600_000 + 120_000);
  assert.equal((await reader.read('MINUTE', all)).counts.events, 0);
  assert.equal((await reader.read('HOUR', all)).counts.events, 0);
  assert.equal((await reader.read('DAY', all)).counts.events, 4);
  assert.equal((await reader.read('MONTH', all)).counts.events, 4);
});

test('spans that are kept no longer are forgotten, and no others', async () => {
  const clock = createFakeClock();
  const meter = createMeter();
  meter.published('order.paid', 4);
  await store.add(meter.drain(), clock.now());
  const { keptSeconds, spanSeconds } = spansOf.HOUR;
  const count = async (span: number): Promise<number> =>
    (await store.read({ spanSeconds: span, since: new Date(0), kind: 'TOTAL' })).length;
  await store.forget(new Date(clock.now().getTime() + 60_000));
  assert.ok((await count(spanSeconds)) > 0);
  await store.forget(new Date(clock.now().getTime() + (keptSeconds + spanSeconds) * 1000));
  assert.equal(await count(spanSeconds), 0);
  assert.ok((await count(spansOf.MONTH.spanSeconds)) > 0);
});

test('who follows figures gets them now and again, until they are left', async () => {
  const clock = createFakeClock();
  const stream = createStatsReader(store, clock).follow('MINUTE', all);
  assert.equal((await stream.next()).value?.range, 'MINUTE');
  const second = stream.next();
  await clock.advance(keepEveryMs);
  assert.equal((await second).done, false);
  const third = stream.next();
  await stream.return(undefined);
  assert.equal((await third).done, true);
});
