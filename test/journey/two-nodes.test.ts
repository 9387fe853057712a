// Two gateways on one database: whatever one of them acknowledged holds on the other at once. The database is the embedded
// store run by this test alone, or the server of MONGODB_URI.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { createDatabaseUri, createDataDir, type Gateway, startGateway } from '../kit/gateway.js';
import {
  createEventType,
  createKey,
  createWebhookSubscription,
  liveEvents,
  openLive,
  publish,
  publishAll,
  waitForDeliveries,
} from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

let folder: string;
let closeStore: () => Promise<void>;
let receiver: Receiver;
let one: Gateway;
let two: Gateway;

before(async () => {
  folder = await createDataDir();
  receiver = await startReceiver();
  const embedded = createDatabaseUri() === null ? await startEmbeddedMongo({ dataDir: folder }) : null;
  closeStore = async () => embedded?.close();
  const env = {
    MONGODB_URI: embedded?.uri ?? createDatabaseUri() ?? '',
    CARILLON_ADMIN_KEY: 'admin-key-of-both-nodes',
    CARILLON_MASTER_KEY: '07'.repeat(32),
  };
  [one, two] = await Promise.all([startGateway({ env }), startGateway({ env })]);
  await createEventType(one.request, { name: 'tick' });
});

after(async () => {
  await one.stop();
  await two.stop();
  await closeStore();
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
});

test('a webhook subscription made on one node gets what is published on the other right after', async () => {
  for (let n = 0; n < 20; n += 1) {
    const [here, there] = n % 2 === 0 ? [one, two] : [two, one];
    const { id } = await createWebhookSubscription(here.request, { url: `${receiver.url}/${n}`, eventTypes: ['tick'] });
    const event = await publish(there.request, { type: 'tick', data: n });
    const [delivery] = await waitForDeliveries(here.request, event.id, { status: 'SUCCEEDED' });
    assert.equal(delivery?.webhookSubscription?.id, id);
    // Deleted on the other node: it gets nothing of the next event.
    await there.request('mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId } }', { id });
  }
  assert.deepEqual(
    receiver.requests.map(({ path }) => path),
    Array.from({ length: 20 }, (_, n) => `/${n}`),
  );
});

test('a webhook subscription acknowledged by one node is not missed by a publish on the other, 1,000 times of 1,000', async () => {
  const total = 1000;
  let next = 0;
  const told = new Map<string, string>();
  const race = async (): Promise<void> => {
    for (let n = next++; n < total; n = next++) {
      const [here, there] = n % 2 === 0 ? [one, two] : [two, one];
      const subject = `race-${n}`;
      const url = `${receiver.url}/${subject}`;
      await createWebhookSubscription(here.request, { url, eventTypes: ['tick'], filter: { subject } });
      const event = await publish(there.request, { type: 'tick', data: n, subject });
      told.set(`/${subject}`, event.id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, race));
  const racing = (): (readonly [string, unknown])[] =>
    receiver.requests
      .filter(({ path }) => path.startsWith('/race-'))
      .map(({ path, headers }) => [path, headers['webhook-id']]);
  await until(
    { what: 'all have been told', withinMs: 30_000 },
    () => new Set(racing().map(([path]) => path)).size >= total,
  );
  assert.deepEqual(new Map(racing()), told);
  assert.equal(racing().length, total);
});

test('a paused and a changed webhook subscription is so on both nodes', async () => {
  const { id } = await createWebhookSubscription(one.request, { url: `${receiver.url}/paused` });
  await one.request('mutation ($id: ID!) { pauseWebhookSubscription(input: { id: $id }) { userErrors { code } } }', {
    id,
  });
  const event = await publish(two.request, { type: 'tick', data: 'kept' });
  const [kept] = await waitForDeliveries(two.request, event.id, { status: 'PENDING' });
  assert.equal(kept?.attemptCount, 0);
  await two.request('mutation ($id: ID!) { resumeWebhookSubscription(input: { id: $id }) { userErrors { code } } }', {
    id,
  });
  await waitForDeliveries(one.request, event.id, { status: 'SUCCEEDED' });
  assert.equal(receiver.requests.filter(({ path }) => path === '/paused').length, 1);
  await one.request('mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId } }', { id });
});

test('what both publish at once is one log without holes, streamed by both in the same order', async () => {
  const { events } = await one.request('{ events(first: 1, order: NEWEST_FIRST) { nodes { cursor sequence } } }');
  const [head] = events.nodes;
  const lives = [one, two].map((gateway) =>
    openLive(gateway.url, gateway.adminKey, liveEvents, { after: head?.cursor }),
  );
  const { id } = await createWebhookSubscription(one.request, { url: `${receiver.url}/both` });
  const published = await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const { request } = n % 2 === 0 ? one : two;
      if (n % 10 < 2)
        return publishAll(
          request,
          Array.from({ length: 20 }, () => ({ type: 'tick', data: n })),
        );
      return [await publish(request, { type: 'tick', data: n })];
    }),
  );
  const all = published.flat();
  const from = Number(head?.sequence) + 1;
  assert.deepEqual(
    all.map(({ sequence }) => Number(sequence)).sort((a, b) => a - b),
    all.map((_, index) => from + index),
  );
  const [first, second] = await Promise.all(lives.map((live) => live.next(all.length)));
  assert.deepEqual(first, second);
  assert.deepEqual(
    first?.map(({ sequence }) => Number(sequence)),
    all.map((_, index) => from + index),
  );
  await until({ what: 'all is delivered' }, async () => {
    const query =
      'query ($id: ID!) { webhookSubscription(id: $id) { deliveries(first: 1, status: PENDING) { nodes { id } } } }';
    const { webhookSubscription } = await two.request(query, { id });
    const received = receiver.requests.filter(({ path }) => path === '/both').length;
    return webhookSubscription?.deliveries.nodes.length === 0 && received >= all.length;
  });
  const received = receiver.requests.filter(({ path }) => path === '/both').map(({ headers }) => headers['webhook-id']);
  assert.deepEqual(new Set(received), new Set(all.map((event) => event.id)));
  assert.equal(received.length, all.length);
  for (const live of lives) await live.close();
  await one.request('mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId } }', { id });
});

test('an idempotencyKey used on both at once is one event', async () => {
  const query = `mutation { publishEvent(input: { type: "tick", data: 1, idempotencyKey: "both" }) {
    event { id } duplicate userErrors { code }
  } }`;
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : two).request(query)));
  assert.equal(new Set(answers.map(({ publishEvent }) => publishEvent.event?.id)).size, 1);
  assert.equal(answers.filter(({ publishEvent }) => publishEvent.duplicate).length, 19);
});

test('a key revoked on one node is worthless on the other within two seconds', async () => {
  const { id, key } = await createKey(one.request, 'READER');
  assert.equal((await two.send('{ viewer { role } }', {}, key)).status, 200);
  await one.request('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }', { id });
  assert.equal((await one.send('{ viewer { role } }', {}, key)).status, 401);
  await until({ what: 'the other node refuses the key', withinMs: 2500 }, async () => {
    return (await two.send('{ viewer { role } }', {}, key)).status === 401;
  });
});

test('what one node leaves behind when it stops is made by the other', async () => {
  const { id } = await createWebhookSubscription(two.request, { url: `${receiver.url}/left` });
  const was = receiver.requests.length;
  const events = await publishAll(
    one.request,
    Array.from({ length: 200 }, (_, n) => ({ type: 'tick', data: n })),
  );
  assert.equal((await one.kill('SIGTERM')).code, 0);
  await until({ what: 'all is delivered', withinMs: 15_000 }, () => receiver.requests.length >= was + events.length);
  await waitForDeliveries(two.request, events.at(-1)?.id ?? '', { status: 'SUCCEEDED' });
  const received = receiver.requests.slice(was).map(({ headers }) => headers['webhook-id']);
  assert.deepEqual(new Set(received), new Set(events.map((event) => event.id)));
  assert.equal(received.length, events.length);
  await two.request('mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId } }', { id });
});
