// What the gateway says of itself: events in the same log, told to those they concern, by webhook and live, and never to
// others; and no word about a word that could not be told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createWebhookSubscription,
  liveEvents,
  openLive,
  publish,
  readDeliveries,
  readHead,
} from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

let gateway: Gateway;
let receiver: Receiver;
let owner: { id: string; key: string };
let stranger: { id: string; key: string };

before(async () => {
  gateway = await startGateway();
  receiver = await startReceiver({
    respond: ({ path }) => ({ status: path === '/gone' ? 410 : path.startsWith('/fails') ? 500 : 200 }),
  });
  await createEventType(gateway.request, { name: 'order.created' });
  owner = await createApplication(gateway.request, 'The owner');
  stranger = await createApplication(gateway.request, 'A stranger');
});
after(async () => {
  await gateway.stop();
  await receiver.close();
});

const onceOnly = { delaysSeconds: [] };

/** Types and subjects of the gateway's own events that a key sees, oldest first. */
async function readOwn(key: string): Promise<string[]> {
  const { events } = await gateway.request(
    '{ events(types: ["carillon.*"], first: 100) { nodes { type subject } } }',
    {},
    key,
  );
  return events.nodes.map(({ type, subject }) => `${type} ${subject}`);
}

function toldTo(path: string): string[] {
  return receiver.requests
    .filter((request) => request.path === path)
    .map(({ body }) => JSON.parse(body.toString()).type);
}

test('that a subscription is disabled and is back is told to its owner and the platform, by webhook and live', async () => {
  const own = ['carillon.*'];
  await createWebhookSubscription(gateway.request, { url: `${receiver.url}/owner`, eventTypes: own }, owner.key);
  await createWebhookSubscription(gateway.request, { url: `${receiver.url}/stranger`, eventTypes: own }, stranger.key);
  await createWebhookSubscription(gateway.request, { url: `${receiver.url}/platform`, eventTypes: own });
  const input = { url: `${receiver.url}/gone`, eventTypes: ['order.created'] };
  const { id } = await createWebhookSubscription(gateway.request, input, owner.key);
  const head = await readHead(gateway.request);
  const live = openLive(gateway.url, owner.key, liveEvents, { types: own, after: head });
  await publish(gateway.request, { type: 'order.created', data: {} });
  await live.next(2);
  const resume = 'mutation ($id: ID!) { resumeWebhookSubscription(input: { id: $id }) { userErrors { message } } }';
  await gateway.request(resume, { id }, owner.key);
  const disabled = `carillon.webhook_subscription.disabled ${id}`;
  const recovered = `carillon.webhook_subscription.recovered ${id}`;
  const told = (await live.next(3)).filter(({ subject }) => subject === id);
  assert.deepEqual(
    told.map(({ type, subject }) => `${type} ${subject}`),
    [disabled, recovered],
  );
  assert.match(JSON.stringify(told[0]?.data), /410/);
  await live.close();
  for (const path of ['/owner', '/platform']) {
    await until({ what: `three requests to ${path}` }, () => toldTo(path).length === 3);
    assert.deepEqual(toldTo(path).sort(), [
      'carillon.delivery.exhausted',
      'carillon.webhook_subscription.disabled',
      'carillon.webhook_subscription.recovered',
    ]);
  }
  const ownOnes = await readOwn(owner.key);
  assert.deepEqual(ownOnes.slice(-2), [disabled, recovered]);
  assert.equal(ownOnes.length, 3);
  assert.deepEqual(await readOwn(stranger.key), []);
  assert.deepEqual(toldTo('/stranger'), []);
});

test('that a delivery is exhausted is told once, and that this could not be told is not told', async () => {
  const input = { retryPolicy: onceOnly, eventTypes: ['carillon.delivery.exhausted'] };
  await createWebhookSubscription(gateway.request, { ...input, url: `${receiver.url}/fails/watcher` });
  const failing = await createWebhookSubscription(gateway.request, {
    url: `${receiver.url}/fails/always`,
    eventTypes: ['order.created'],
    retryPolicy: onceOnly,
  });
  const { id } = await publish(gateway.request, { type: 'order.created', data: {} });
  const deliveries = await until({ what: 'the exhausted delivery' }, async () => {
    const query = `query ($event: ID) {
      deliveries(event: $event, status: EXHAUSTED, first: 10) { nodes { id webhookSubscription { id } } }
    }`;
    const { nodes } = (await gateway.request(query, { event: id })).deliveries;
    return nodes.some(({ webhookSubscription }) => webhookSubscription?.id === failing.id) && nodes;
  });
  const exhausted = deliveries.find(({ webhookSubscription }) => webhookSubscription?.id === failing.id);
  const query = `{ events(types: ["carillon.delivery.exhausted"], first: 100) { nodes { id subject data } } }`;
  const told = await until({ what: 'the event about it' }, async () => {
    const { nodes } = (await gateway.request(query)).events;
    return nodes.length > 0 && nodes;
  });
  const about = told.filter(({ subject }) => subject === exhausted?.id);
  assert.equal(about.length, 1);
  assert.deepEqual(about[0]?.data, {
    delivery: exhausted?.id,
    event: id,
    eventType: 'order.created',
    webhookSubscription: failing.id,
    attemptCount: 1,
    statusCode: 500,
  });
  // The watcher itself fails; an event after its end would have come before this one is delivered.
  await until({ what: 'the end of the watcher' }, async () =>
    (await readDeliveries(gateway.request, about[0]?.id ?? '')).some(({ status }) => status === 'EXHAUSTED'),
  );
  const { id: later } = await publish(gateway.request, { type: 'order.created', data: {} });
  await until({ what: 'the next exhausted delivery' }, async () =>
    (await gateway.request(query)).events.nodes.some(({ data }) => (data as { event?: string }).event === later),
  );
  const { nodes } = (await gateway.request(query)).events;
  assert.ok(nodes.every(({ data }) => (data as { eventType?: string }).eventType === 'order.created'));
});

test('what happens to the platform is seen by the platform alone', async () => {
  const gone = { url: `${receiver.url}/gone`, eventTypes: ['order.created'] };
  const { id } = await createWebhookSubscription(gateway.request, gone);
  await publish(gateway.request, { type: 'order.created', data: {} });
  await until({ what: 'the event about it' }, async () =>
    (await readOwn(gateway.adminKey)).includes(`carillon.webhook_subscription.disabled ${id}`),
  );
  for (const { key } of [owner, stranger]) {
    assert.ok(!(await readOwn(key)).some((told) => told.endsWith(id)));
  }
});
