// Webhook subscriptions in the database: what is written is read, and what earlier versions wrote is understood.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { openStore, type Store } from '../../src/store.js';
import { checkDeliverySettings } from '../../src/webhook-subscription/delivery-settings.js';
import type { WebhookSubscription } from '../../src/webhook-subscription/webhook-subscription.js';
import {
  createWebhookSubscriptionStore,
  type SubscriptionChange,
  type WebhookSubscriptionStore,
} from '../../src/webhook-subscription/webhook-subscription-store.js';
import { subscriptionOf } from '../kit/memory-stores.js';

const closers: (() => Promise<void>)[] = [];
let database: Store;
let store: WebhookSubscriptionStore;

before(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'subscriptions-'));
  const embedded = await startEmbeddedMongo({ dataDir });
  database = await openStore(embedded.uri, () => 'aabbccdd');
  store = createWebhookSubscriptionStore(database.connection, false);
  closers.push(
    () => rm(dataDir, { recursive: true }),
    () => embedded.close(),
    () => database.close(),
  );
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

const full: WebhookSubscription = subscriptionOf('sub_full', {
  targets: [
    { url: 'https://a.example/', weight: 3 },
    { url: 'https://b.example/', weight: 1 },
  ],
  deliverySettings: checkDeliverySettings({
    retryPolicy: {
      exponential: { baseSeconds: 0.5, factor: 1.5, capSeconds: 60, attempts: 7 },
      jitter: 0,
      deadlineSeconds: 600,
      successStatuses: ['2xx', '409'],
      neverRetriedStatuses: [],
      maxRetryAfterSeconds: 0,
    },
    timeoutMs: 2000,
    rateLimit: { perSecond: 0.5, burst: 2 },
    maxConcurrency: 1,
    ordering: 'STRICT',
    whenExhausted: 'STOP',
    whilePaused: 'SKIP',
    disableAfterSeconds: 60,
    targetStrategy: 'LEAST_PENDING',
  }),
});

test('settings and targets are read as they were written', async () => {
  await store.create(full);
  assert.deepEqual(await store.get('sub_full'), full);
  const listed = subscriptionOf('sub_list', { deliverySettings: { retryPolicy: { delaysSeconds: [] } } });
  await store.create(listed);
  assert.deepEqual(await store.get('sub_list'), listed);
});

test('a change takes settings away', async () => {
  const plain = subscriptionOf('sub_plain', { deliverySettings: { timeoutMs: 2000 } });
  await store.create(plain);
  const next = { ...plain, deliverySettings: {}, updatedAt: new Date(plain.updatedAt.getTime() + 1) };
  await store.replace(plain, next);
  assert.deepEqual(await store.get('sub_plain'), next);
});

test('a record of the time before there were settings and several targets has its URL and the defaults', async () => {
  const { targets, deliverySettings, ...rest } = subscriptionOf('sub_old');
  assert.deepEqual([targets.length, deliverySettings], [1, {}]);
  const { id, filter, applicationId, ...fields } = rest;
  const collection = database.connection.collection<{ _id: string; url?: string }>('webhooksubscriptions');
  const old = { _id: id, filterJson: filter === null ? null : '', application: applicationId, ...fields };
  const told: SubscriptionChange[] = [];
  const stop = new AbortController();
  const seen = new Promise<void>((resolve) => {
    const tell = (change: SubscriptionChange): void => {
      if (change.kind !== 'put') return;
      told.push(change);
      resolve();
    };
    const ready = async (): Promise<void> => void (await collection.insertOne({ ...old, url: 'https://old.example/' }));
    closers.push(() => watching);
    const watching = store.watch(tell, ready, stop.signal);
  });
  await seen;
  stop.abort();
  const expected = { ...rest, targets: [{ url: 'https://old.example/', weight: 1 }], deliverySettings: {} };
  assert.deepEqual(await store.get('sub_old'), expected);
  assert.deepEqual(told[0], { kind: 'put', subscription: expected });
  const renamed = { ...expected, name: 'new', updatedAt: new Date(expected.updatedAt.getTime() + 1) };
  await store.replace(expected, renamed);
  assert.deepEqual(await store.get('sub_old'), renamed);
  assert.equal((await collection.findOne({ _id: 'sub_old' }))?.url, undefined);
});

test('what the schema does not know is refused, not dropped', async () => {
  const settings: object = { timeoutMs: 2000, later: 1 };
  await assert.rejects(store.create(subscriptionOf('sub_strict', { deliverySettings: settings })), /later/);
  const retryPolicy: object = { later: 1 };
  await assert.rejects(store.create(subscriptionOf('sub_strict', { deliverySettings: { retryPolicy } })), /later/);
  assert.equal(await store.get('sub_strict'), null);
});
