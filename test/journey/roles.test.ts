// One process that serves requests and one that makes deliveries, on one database. The database is the embedded store run by
// this test alone, or the server of MONGODB_URI.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { createDatabaseUri, createDataDir, type Gateway, startGateway } from '../kit/gateway.js';
import {
  createEventType,
  createWebhookSubscription,
  liveEvents,
  openLive,
  publish,
  publishAll,
  readDeliveries,
  waitForDeliveries,
} from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

let folder: string;
let env: Record<string, string>;
let closeStore: () => Promise<void>;
let receiver: Receiver;
let api: Gateway;
let worker: Gateway | null = null;

before(async () => {
  folder = await createDataDir();
  receiver = await startReceiver();
  const embedded = createDatabaseUri() === null ? await startEmbeddedMongo({ dataDir: folder }) : null;
  closeStore = async () => embedded?.close();
  env = {
    MONGODB_URI: embedded?.uri ?? createDatabaseUri() ?? '',
    CARILLON_ADMIN_KEY: 'admin-key-of-both-nodes',
    CARILLON_MASTER_KEY: '07'.repeat(32),
  };
  api = await startGateway({ env: { ...env, CARILLON_ROLE: 'api' } });
  await createEventType(api.request, { name: 'tick' });
  await createWebhookSubscription(api.request, { url: receiver.url });
});

after(async () => {
  await api.stop();
  await worker?.stop();
  await closeStore();
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
});

test('without a worker events are kept as deliveries, and live clients see them', async () => {
  const live = openLive(api.url, api.adminKey, liveEvents, { since: '2020-01-01T00:00:00Z' });
  const event = await publish(api.request, { type: 'tick', data: 1 });
  await live.next(1);
  await live.close();
  const [delivery] = await waitForDeliveries(api.request, event.id, { status: 'PENDING' });
  assert.equal(delivery?.attemptCount, 0);
  assert.equal(receiver.requests.length, 0);
});

test('a worker makes what is kept and what comes, and serves health alone', async () => {
  worker = await startGateway({ env: { ...env, CARILLON_ROLE: 'worker' } });
  await receiver.next(1);
  const events = await publishAll(
    api.request,
    Array.from({ length: 100 }, (_, n) => ({ type: 'tick', data: n })),
  );
  await receiver.next(101);
  for (const { id } of events.slice(0, 5)) await waitForDeliveries(api.request, id, { status: 'SUCCEEDED' });
  assert.equal(receiver.requests.length, 101);
  assert.equal((await fetch(`${worker.url}/health/ready`)).status, 200);
  assert.equal((await worker.send('{ viewer { role } }')).status, 404);
  assert.equal((await fetch(`${worker.url}/graphiql`)).status, 404);
});

test('what fails is tried again by the worker when the API asks for it', async () => {
  await receiver.close();
  const event = await publish(api.request, { type: 'tick', data: 'refused' });
  const [failed] = await waitForDeliveries(api.request, event.id, { status: 'RETRYING' });
  assert.equal(failed?.attempts[0]?.error?.code, 'ECONNREFUSED');
  await api.request('mutation ($id: ID!) { retryDelivery(input: { id: $id }) { userErrors { code } } }', {
    id: failed?.id,
  });
  await until({ what: 'the second attempt', withinMs: 4000 }, async () => {
    const [delivery] = await readDeliveries(api.request, event.id);
    return (delivery?.attemptCount ?? 0) >= 2;
  });
});
