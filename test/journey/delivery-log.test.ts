// The attempt log and the live deliveries of a running gateway: who sees what, and what an operator finds at 3 a.m.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Delivery } from '../../src/graphql/generated.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createKey,
  createWebhookSubscription,
  type Live,
  openLive,
  publish,
  type Wire,
  waitForDeliveries,
} from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';

let gateway: Gateway;
let good: Receiver;
let bad: Receiver;
let one: { id: string; key: string };
let two: { id: string; key: string };
let subscriptions: { good: string; bad: string; ofTwo: string };

before(async () => {
  good = await startReceiver({ respond: () => ({ body: 'thanks' }) });
  bad = await startReceiver({ respond: () => ({ status: 503, body: 'busy' }) });
  gateway = await startGateway();
  for (const name of ['order.created', 'order.paid']) await createEventType(gateway.request, { name });
  one = await createApplication(gateway.request, 'One');
  two = await createApplication(gateway.request, 'Two');
  const headers = [{ name: 'authorization', value: 'Bearer receiver-credential' }];
  const create = async (url: string, key: string): Promise<string> =>
    (await createWebhookSubscription(gateway.request, { url, headers }, key)).id;
  subscriptions = {
    good: await create(good.url, one.key),
    bad: await create(`${bad.url}/hook`, one.key),
    ofTwo: await create(good.url, two.key),
  };
});

after(async () => {
  await gateway.stop();
  await Promise.all([good.close(), bad.close()]);
});

const search = `query ($filter: ID, $type: String, $event: ID, $classes: [AttemptClass!], $code: Int, $from: DateTime,
    $application: ID) {
  deliveryAttempts(webhookSubscription: $filter, eventType: $type, event: $event, statusClasses: $classes,
    statusCode: $code, from: $from, application: $application) {
    nodes {
      id number eventId eventType url statusCode statusClass durationMs
      delivery { id status } event { id } webhookSubscription { id }
      timing { dnsMs connectMs tlsMs firstByteMs bodyMs }
      requestHeaders { name value } requestBody requestBodyTruncated responseBody
    }
    pageInfo { hasNextPage }
  }
}`;

const watch = `subscription ($webhookSubscription: ID, $status: DeliveryStatus, $type: String, $application: ID) {
  deliveries(webhookSubscription: $webhookSubscription, status: $status, eventType: $type, application: $application) {
    id status attemptCount event { id } webhookSubscription { id }
  }
}`;

function shownOn(live: Live): Wire<Delivery>[] {
  return live.results.flatMap((result) => {
    const { deliveries } = (result.data ?? {}) as { deliveries?: Wire<Delivery> };
    return deliveries === undefined ? [] : [deliveries];
  });
}

test('the log tells what was sent, where the time went and what came back, without a secret', async () => {
  const event = await publish(gateway.request, { type: 'order.created', data: { amount: 7 }, application: one.id });
  await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED', count: 2 }).catch(() => undefined);
  const { deliveryAttempts } = await gateway.request(search, { event: event.id, classes: ['S2XX'] });
  const [attempt] = deliveryAttempts.nodes;
  assert.equal(deliveryAttempts.nodes.length, 1);
  assert.deepEqual(
    [attempt?.eventId, attempt?.eventType, attempt?.event?.id, attempt?.webhookSubscription?.id, attempt?.statusClass],
    [event.id, 'order.created', event.id, subscriptions.good, 'S2XX'],
  );
  const sent = good.requests.find(({ headers }) => headers['webhook-id'] === event.id);
  assert.equal(attempt?.requestBody, sent?.body.toString());
  assert.equal(attempt?.requestBodyTruncated, false);
  const shown = Object.fromEntries(attempt?.requestHeaders.map(({ name, value }) => [name, value]) ?? []);
  assert.deepEqual([shown['authorization'], shown['webhook-signature']], ['***', '***']);
  for (const name of ['webhook-id', 'webhook-timestamp', 'content-type', 'user-agent'])
    assert.equal(shown[name], sent?.headers[name]);
  assert.ok((attempt?.timing.firstByteMs ?? -1) > 0 && attempt?.timing.tlsMs === null);
  assert.ok((attempt?.timing.firstByteMs ?? 0) <= (attempt?.durationMs ?? 0));
});

test('failures are found by class, status, webhook subscription, type and time; an application sees its own', async () => {
  const nodes = async (variables: object, key?: string) =>
    (await gateway.request(search, { ...variables }, key)).deliveryAttempts.nodes;
  const failed = await nodes({ classes: ['S5XX', 'NO_ANSWER'] });
  assert.ok(failed.length > 0 && failed.every(({ statusCode }) => statusCode === 503));
  assert.deepEqual(await nodes({ code: 503, filter: subscriptions.bad }), failed);
  assert.deepEqual(await nodes({ code: 503, filter: subscriptions.good }), []);
  assert.deepEqual(await nodes({ classes: ['S5XX'], type: 'order.paid' }), []);
  assert.deepEqual(await nodes({ from: '2100-01-01T00:00:00Z' }), []);
  assert.deepEqual(await nodes({ classes: ['S5XX'] }, one.key), failed);
  assert.deepEqual(await nodes({}, two.key), []);
  const { errors } = await gateway.send(search, { application: one.id }, two.key);
  assert.deepEqual(
    errors.map(({ extensions }) => [extensions?.code, extensions?.field]),
    [['FORBIDDEN', 'application']],
  );
  const none = await gateway.send(search, { classes: [] });
  assert.equal(none.errors[0]?.extensions?.field, 'statusClasses');
  const query = 'query ($id: ID!) { node(id: $id) { id } }';
  const [attempt] = failed;
  assert.equal((await gateway.request(query, { id: attempt?.id }, one.key)).node?.id, attempt?.id);
  assert.equal((await gateway.request(query, { id: attempt?.id }, two.key)).node, null);
});

test('deliveries are listed by type and time', async () => {
  const query = `query ($type: String, $from: DateTime, $to: DateTime, $application: ID) {
    deliveries(eventType: $type, from: $from, to: $to, application: $application) { nodes { event { type } } }
  }`;
  const count = async (variables: object) => (await gateway.request(query, { ...variables })).deliveries.nodes.length;
  const all = await count({});
  assert.ok(all > 0);
  assert.deepEqual([await count({ type: 'order.created' }), await count({ type: 'order.paid' })], [all, 0]);
  assert.deepEqual(
    [await count({ from: '2020-01-01T00:00:00Z' }), await count({ to: '2020-01-01T00:00:00Z' })],
    [all, 0],
  );
  assert.deepEqual([await count({ application: one.id }), await count({ application: two.id })], [all, 0]);
});

test('deliveries are watched live: each status, what is asked for, and only one’s own', async () => {
  const everything = openLive(gateway.url, gateway.adminKey, watch);
  const failing = openLive(gateway.url, one.key, watch, { webhookSubscription: subscriptions.bad, status: 'RETRYING' });
  const foreign = openLive(gateway.url, two.key, watch);
  await Promise.all([everything.connected, failing.connected, foreign.connected]);
  // A subscription is acknowledged by its first result only: go on until all three have one.
  const published: string[] = [];
  while (everything.results.length === 0 || failing.results.length === 0 || foreign.results.length === 0) {
    const forOne = await publish(gateway.request, { type: 'order.paid', data: {}, application: one.id });
    const forTwo = await publish(gateway.request, { type: 'order.paid', data: {}, application: two.id });
    published.push(forOne.id, forTwo.id);
    await waitForDeliveries(gateway.request, forTwo.id, { status: 'SUCCEEDED' });
  }
  const last = await publish(gateway.request, { type: 'order.paid', data: {}, application: two.id });
  await foreign.next(foreign.results.length + 1);
  await waitForDeliveries(gateway.request, last.id, { status: 'SUCCEEDED' });
  assert.ok(
    shownOn(failing).every(
      ({ status, webhookSubscription }) => status === 'RETRYING' && webhookSubscription?.id === subscriptions.bad,
    ),
  );
  assert.ok(shownOn(foreign).every(({ webhookSubscription }) => webhookSubscription?.id === subscriptions.ofTwo));
  assert.ok(shownOn(everything).some(({ status }) => status === 'SUCCEEDED'));
  await Promise.all([everything.close(), failing.close(), foreign.close()]);
});

test('a key without a view of deliveries watches none, and no application another’s', async () => {
  const publisher = await createKey(gateway.request, 'PUBLISHER');
  for (const { key, variables } of [
    { key: publisher.key, variables: {} },
    { key: two.key, variables: { application: one.id } },
  ]) {
    const live = openLive(gateway.url, key, watch, variables);
    await Promise.race([live.ended, live.next(1)]);
    const ended = live.results.length > 0 ? null : await live.ended;
    const errors = ended?.kind === 'errors' ? ended.errors : (live.results[0]?.errors ?? []);
    assert.deepEqual(
      errors.map(({ extensions }) => extensions?.code),
      ['FORBIDDEN'],
    );
    await live.close();
  }
});
