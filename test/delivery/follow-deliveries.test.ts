// Watching deliveries live: one change stream for all, only while somebody watches, and a slow watcher harms nobody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Delivery, DeliveryStatus } from '../../src/delivery/delivery.js';
import type { DeliveryChangeStore } from '../../src/delivery/delivery-change-store.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import { type FollowDeliveries, followDeliveries } from '../../src/delivery/follow-deliveries.js';
import { settle } from '../kit/fake-clock.js';
import { createRecordedLog, eventOf } from '../kit/memory-stores.js';

const deliveryOf = (id: string, status: DeliveryStatus = 'PENDING'): Delivery => ({
  ...createDelivery(id, eventOf(1), { id: 's1', application: null }, new Date(0)),
  status,
});

/** A change stream that a test speaks through. */
interface Speaker {
  readonly tell: (delivery: Delivery) => void;
  readonly lose: (error: Error) => void;
  isStopped: boolean;
}

function setUp(maxWaiting?: number): { followed: FollowDeliveries; streams: Speaker[]; last: () => Speaker } {
  const streams: Speaker[] = [];
  const changes: DeliveryChangeStore = {
    watch: (tell, ready, signal) =>
      new Promise((resolve, reject) => {
        const speaker: Speaker = { tell, lose: reject, isStopped: false };
        streams.push(speaker);
        signal.addEventListener('abort', () => {
          speaker.isStopped = true;
          resolve();
        });
        ready();
      }),
  };
  const options = { changes, log: createRecordedLog(), ...(maxWaiting === undefined ? {} : { maxWaiting }) };
  return { followed: followDeliveries(options), streams, last: () => streams.at(-1) ?? assert.fail('no stream') };
}

const all = (): boolean => true;

test('one change stream serves all watchers, and runs only while there is one', async () => {
  const { followed, streams } = setUp();
  assert.equal(streams.length, 0);
  const [one, two] = [await followed.follow(all), await followed.follow(all)];
  assert.deepEqual([streams.length, followed.watcherCount], [1, 2]);
  await one.return?.();
  assert.equal(streams[0]?.isStopped, false);
  await two.return?.();
  assert.deepEqual([streams[0]?.isStopped, followed.watcherCount], [true, 0]);
  const three = await followed.follow(all);
  assert.equal(streams.length, 2);
  await three.return?.();
  await followed.close();
});

test('a watcher gets what it wants, in the order of changes', async () => {
  const { followed, last } = setUp();
  const stream = await followed.follow(({ status }) => status === 'SUCCEEDED');
  const waiting = stream.next();
  last().tell(deliveryOf('dlv_1'));
  last().tell(deliveryOf('dlv_1', 'SUCCEEDED'));
  last().tell(deliveryOf('dlv_2', 'SUCCEEDED'));
  assert.equal((await waiting).value?.id, 'dlv_1');
  assert.equal((await stream.next()).value?.id, 'dlv_2');
  await followed.close();
});

test('of a delivery that changes while it waits only the latest state is shown, at its place', async () => {
  const { followed, last } = setUp(2);
  const stream = await followed.follow(all);
  last().tell(deliveryOf('dlv_1'));
  last().tell(deliveryOf('dlv_2'));
  for (let change = 0; change < 1000; change += 1) last().tell(deliveryOf('dlv_1', 'RETRYING'));
  const shown = [(await stream.next()).value, (await stream.next()).value];
  assert.deepEqual(
    shown.map((delivery) => [delivery?.id, delivery?.status]),
    [
      ['dlv_1', 'RETRYING'],
      ['dlv_2', 'PENDING'],
    ],
  );
  await followed.close();
});

test('whoever stays behind by more than the bound is ended with OVERLOADED, and others notice nothing', async () => {
  const { followed, last } = setUp(100);
  const [slow, fast] = [await followed.follow(all), await followed.follow(all)];
  for (let n = 0; n <= 100; n += 1) {
    last().tell(deliveryOf(`dlv_${n}`));
    assert.equal((await fast.next()).value?.id, `dlv_${n}`);
  }
  await assert.rejects(slow.next(), { code: 'OVERLOADED' });
  assert.equal((await slow.next()).done, true);
  assert.equal(followed.watcherCount, 1);
  last().tell(deliveryOf('dlv_last'));
  assert.equal((await fast.next()).value?.id, 'dlv_last');
  await followed.close();
});

test('a lost change stream ends its watchers plainly, and the next one begins a new stream', async () => {
  const { followed, streams, last } = setUp();
  const stream = await followed.follow(all);
  const waiting = stream.next();
  last().lose(new Error('lost'));
  await assert.rejects(waiting, { code: 'STORE_UNAVAILABLE' });
  assert.equal(followed.watcherCount, 0);
  const again = await followed.follow(all);
  assert.equal(streams.length, 2);
  last().tell(deliveryOf('dlv_1'));
  assert.equal((await again.next()).value?.id, 'dlv_1');
  await followed.close();
});

test('return ends a stream that waits, and close ends all and takes no more', async () => {
  const { followed, last } = setUp();
  const [one, two] = [await followed.follow(all), await followed.follow(all)];
  const [waiting, other] = [one.next(), two.next()];
  await one.return?.();
  assert.equal((await waiting).done, true);
  await settle();
  await followed.close();
  assert.equal((await other).done, true);
  assert.equal(last().isStopped, true);
  await assert.rejects(followed.follow(all), { code: 'OVERLOADED' });
});
