// Two gateways on one database. The database is the embedded store, run by the test and shared over its socket: to the
// gateways it is a replica set like any other (or the server of MONGODB_URI, where there is one).
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { createDatabaseUri, createDataDir, type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, createWebhookSubscription, liveEvents, openLive, publish } from '../kit/graphql-client.js';
import { startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

const adminKey = `crl_${randomBytes(32).toString('base64url')}`;
const closers: (() => Promise<unknown>)[] = [];
let mongodbUri = '';

async function startNode(role: 'all' | 'api' | 'worker'): Promise<Gateway> {
  const node = await startGateway({
    env: {
      MONGODB_URI: mongodbUri,
      CARILLON_ADMIN_KEY: adminKey,
      CARILLON_MASTER_KEY: masterKey,
      CARILLON_ROLE: role,
    },
  });
  closers.push(() => node.stop());
  return node;
}

const masterKey = randomBytes(32).toString('hex');

before(async () => {
  const uri = createDatabaseUri();
  if (uri !== null) {
    mongodbUri = uri;
    return;
  }
  const dataDir = await createDataDir();
  closers.push(() => rm(dataDir, { recursive: true, force: true }));
  const store = await startEmbeddedMongo({ dataDir });
  closers.push(() => store.close());
  mongodbUri = store.uri;
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

test('a webhook subscription acknowledged by one node gets what the other publishes right after', async () => {
  const [one, other] = await Promise.all([startNode('all'), startNode('all')]);
  const receiver = await startReceiver();
  closers.push(() => receiver.close());
  await createEventType(one.request, { name: 'order.created' });
  const first = await publish(one.request, { type: 'order.created' });
  // Behind the first event: whatever is published before the subscription stands is history.
  const live = openLive(one.url, adminKey, liveEvents, { after: first.cursor });
  closers.push(() => live.close());
  const expected = new Set<string>();
  const published: string[] = [];
  const rounds = 50;
  for (let round = 1; round <= rounds; round += 1) {
    const [here, there] = round % 2 === 0 ? [one, other] : [other, one];
    await createWebhookSubscription(here.request, {
      url: `${receiver.url}/${round}`,
      eventTypes: ['order.created'],
    });
    const event = await publish(there.request, { type: 'order.created', data: { round } });
    published.push(event.id);
    for (let subscription = 1; subscription <= round; subscription += 1) expected.add(`/${subscription} ${event.id}`);
  }
  const received = (): string[] => receiver.requests.map(({ path, headers }) => `${path} ${headers['webhook-id']}`);
  await until(
    { what: 'all deliveries', withinMs: 30_000 },
    () => new Set(received()).size === expected.size || undefined,
  );
  assert.deepEqual(new Set(received()), expected);
  assert.equal(received().length, expected.size);
  const seen = await live.next(rounds);
  assert.deepEqual(
    seen.map(({ id }) => id),
    published,
  );
});

test('an api process and a worker process share the work: what one accepts the other delivers', async () => {
  const [api] = await Promise.all([startNode('api'), startNode('worker')]);
  const receiver = await startReceiver();
  closers.push(() => receiver.close());
  await createEventType(api.request, { name: 'invoice.paid' });
  await createWebhookSubscription(api.request, { url: `${receiver.url}/hook`, eventTypes: ['invoice.paid'] });
  for (let number = 1; number <= 20; number += 1)
    await publish(api.request, { type: 'invoice.paid', data: { number } });
  const requests = await receiver.next(20);
  assert.equal(new Set(requests.map(({ headers }) => headers['webhook-id'])).size, 20);
});
