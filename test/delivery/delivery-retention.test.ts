// Forgetting deliveries and attempts over the real store: only what is finished and old, in portions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createNewId } from '../../src/clock.js';
import { type DeliveryStatus, deliveryStatuses } from '../../src/delivery/delivery.js';
import { createDelivery, createDeliveryStore, type DeliveryStore } from '../../src/delivery/delivery-store.js';
import { openDatabase, type TestDatabase } from '../kit/database.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { eventOf } from '../kit/memory-stores.js';

let database: TestDatabase;
let deliveries: DeliveryStore;

before(async () => {
  database = await openDatabase();
  deliveries = createDeliveryStore(database.connection);
  await deliveries.createIndexes();
});

after(() => database.close());

test('finished deliveries go once they are old, the oldest first and a portion at a time; unfinished ones stay', async () => {
  const clock = createFakeClock();
  const newId = createNewId(clock);
  const made: { id: string; status: DeliveryStatus }[] = [];
  for (let n = 1; n <= 30; n += 1) {
    const status = deliveryStatuses[n % deliveryStatuses.length] ?? 'PENDING';
    const subscription = { id: 'sub_1', application: null };
    const delivery = createDelivery(newId('delivery'), eventOf(n), subscription, clock.now());
    await deliveries.insert([{ ...delivery, status }], null);
    made.push({ id: delivery.id, status });
    await clock.advance(60_000);
  }
  const bound = new Date(Date.UTC(2026, 0, 1) + 20 * 60_000);
  const old = made.slice(0, 20).filter(({ status }) => !['PENDING', 'RETRYING'].includes(status));
  const portions = [];
  for (let count = await deliveries.deleteFinished(bound, 5); ; count = await deliveries.deleteFinished(bound, 5)) {
    portions.push(count);
    if (count < 5) break;
  }
  assert.deepEqual(portions, [5, 5, 2]);
  const left = await deliveries.list({ list: 'deliveries', first: 100, after: null }, { applicationId: null });
  const gone = new Set(old.map(({ id }) => id));
  const expected = made.filter(({ id }) => !gone.has(id)).map(({ id }) => id);
  assert.deepEqual(left.items.map(({ id }) => id).reverse(), expected);
});
