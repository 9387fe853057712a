// An event published once reaches those who asked for it by HTTP: what arrives, how it is signed, what is recorded, and what
// happens when the receiver does not take it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { CreateWebhookSubscriptionInput } from '../../src/graphql/generated.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createWebhookSubscription,
  publish,
  readDeliveries,
  waitForDeliveries,
} from '../kit/graphql-client.js';
import { type ReceivedRequest, type Receiver, type ReceiverAnswer, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

let gateway: Gateway;
let receiver: Receiver;
let answer: (request: ReceivedRequest, index: number) => ReceiverAnswer;
let subscriptionIds: string[];

before(async () => {
  gateway = await startGateway();
  for (const name of ['order.created', 'order.paid', 'user_registered'])
    await createEventType(gateway.request, { name });
});

after(() => gateway.stop());

beforeEach(async () => {
  answer = () => ({});
  subscriptionIds = [];
  receiver = await startReceiver({ respond: (request, index) => answer(request, index) });
});

afterEach(async () => {
  for (const id of subscriptionIds) await deleteSubscription(id);
  await receiver.close();
});

async function subscribe(
  input: Partial<CreateWebhookSubscriptionInput> = {},
  key?: string,
): Promise<{ id: string; secret: string }> {
  const made = await createWebhookSubscription(gateway.request, { url: `${receiver.url}/hook`, ...input }, key);
  subscriptionIds.push(made.id);
  return made;
}

async function deleteSubscription(id: string): Promise<void> {
  await gateway.request(
    'mutation ($input: DeleteInput!) { deleteWebhookSubscription(input: $input) { deletedId userErrors { code } } }',
    { input: { id } },
  );
}

/** Calls a mutation that takes `{ id, … }` and answers a webhook subscription; gives its status. */
async function change(mutation: string, inputType: string, input: object): Promise<string> {
  const answers = await gateway.request(
    `mutation ($input: ${inputType}!) { changed: ${mutation}(input: $input) { webhookSubscription { status } userErrors { code message } } }`,
    { input },
  );
  return JSON.stringify(Object.values(answers)[0]);
}

async function readSubscription(id: string) {
  const query = 'query ($id: ID!) { webhookSubscription(id: $id) { status statusReason headers { name value } } }';
  return (await gateway.request(query, { id })).webhookSubscription ?? assert.fail();
}

async function retry(deliveryId: string) {
  const query = `mutation ($input: DeleteInput!) {
    retryDelivery(input: $input) { delivery { id status } userErrors { code field message } }
  }`;
  return (await gateway.request(query, { input: { id: deliveryId } })).retryDelivery;
}

function verify(secret: string, request: ReceivedRequest | undefined): unknown {
  assert.ok(request);
  return new Webhook(secret).verify(request.body.toString(), request.headers);
}

test('an event is POSTed once, signed, with its body and headers, and its delivery records the attempt', async () => {
  const { id, secret } = await subscribe({
    eventTypes: ['order.*'],
    filter: { 'data.amount': { $gt: 100 } },
    headers: [
      { name: 'X-Tenant', value: 'acme' },
      { name: 'Authorization', value: 'Bearer receiver-secret' },
    ],
  });
  answer = () => ({ status: 202, headers: { 'x-answer': 'yes' }, body: 'thanks' });
  const data = { amount: 129.5, items: [{ name: 'Größe ✓' }], nothing: null };
  const passedOver = await publish(gateway.request, { type: 'order.created', data: { amount: 100 } });
  const notAsked = await publish(gateway.request, { type: 'user_registered', data: { amount: 200 } });
  const event = await publish(gateway.request, { type: 'order.created', data, subject: 'order/1' });

  const [delivery] = await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  assert.equal(receiver.requests.length, 1);
  const [request] = receiver.requests;
  assert.ok(request);
  assert.deepEqual([request.method, request.path], ['POST', '/hook']);
  assert.deepEqual(verify(secret, request), { type: 'order.created', timestamp: event.time, data });
  assert.equal(request.body.toString(), JSON.stringify({ type: 'order.created', timestamp: event.time, data }));
  const { headers } = request;
  assert.equal(headers['webhook-id'], event.id);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['x-tenant'], 'acme');
  assert.equal(headers['authorization'], 'Bearer receiver-secret');
  assert.match(headers['user-agent'] ?? '', /^carillon\/\d/);
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 30);

  const { attempts, ...record } = delivery ?? assert.fail();
  assert.equal(record.attemptCount, 1);
  assert.equal(record.nextAttemptAt, null);
  assert.equal(record.webhookSubscription?.id, id);
  assert.ok(Date.parse(record.finishedAt ?? '') >= Date.parse(record.createdAt));
  assert.equal(attempts.length, 1);
  const [attempt] = attempts;
  assert.deepEqual(
    [attempt?.number, attempt?.statusCode, attempt?.error, attempt?.responseBody, attempt?.responseBodyTruncated],
    [1, 202, null, 'thanks', false],
  );
  assert.equal(attempt?.url, `${receiver.url}/hook`);
  assert.ok(attempt.durationMs > 0 && attempt.durationMs < 10_000);
  assert.ok(attempt.responseHeaders.some(({ name, value }) => name === 'x-answer' && value === 'yes'));

  assert.deepEqual(await readDeliveries(gateway.request, passedOver.id), []);
  assert.deepEqual(await readDeliveries(gateway.request, notAsked.id), []);
  const shown = await readSubscription(id);
  assert.deepEqual(
    shown.headers.map(({ name, value }) => `${name}: ${value}`),
    ['x-tenant: ***', 'authorization: ***'],
  );
});

test('a 500 is tried again after about five seconds with the same webhook-id, and by itself', async (t) => {
  await subscribe();
  answer = (_request, index) => (index === 0 ? { status: 500, body: 'not now' } : {});
  const event = await publish(gateway.request, { type: 'order.created', data: {} });
  const [failed] = await waitForDeliveries(gateway.request, event.id, { status: 'RETRYING' });
  const [first] = failed?.attempts ?? [];
  assert.equal(first?.statusCode, 500);
  assert.equal(first.responseBody, 'not now');
  const waitMs = Date.parse(failed?.nextAttemptAt ?? '') - Date.parse(first.startedAt) - first.durationMs;
  assert.ok(waitMs > 4400 && waitMs < 6500, `waits ${waitMs} ms`);

  const [done] = await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  assert.equal(done?.attemptCount, 2);
  const [one, two] = receiver.requests;
  assert.deepEqual([one?.headers['webhook-id'], two?.headers['webhook-id']], [event.id, event.id]);
  assert.deepEqual(one?.body, two?.body);
  const apartMs = Number(two?.receivedAt) - Number(one?.receivedAt);
  t.diagnostic(`planned after ${Math.round(waitMs)} ms, made after ${apartMs} ms`);
  assert.ok(apartMs > 4400 && apartMs < 8000, `made after ${apartMs} ms`);
});

test('retryDelivery makes a failed delivery at once, and a finished one again', async () => {
  const { secret } = await subscribe();
  answer = (_request, index) => (index === 0 ? { status: 503, headers: { 'retry-after': '3600' } } : {});
  const event = await publish(gateway.request, { type: 'order.created', data: {} });
  const [failed] = await waitForDeliveries(gateway.request, event.id, { status: 'RETRYING' });
  const waitMs = Date.parse(failed?.nextAttemptAt ?? '') - Date.now();
  assert.ok(waitMs > 3_500_000 && waitMs < 4_000_000, `Retry-After is honoured: waits ${waitMs} ms`);

  const payload = await retry(failed?.id ?? '');
  assert.deepEqual(payload.userErrors, []);
  const [done] = await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  assert.equal(done?.id, failed?.id);
  assert.deepEqual((await retry(done?.id ?? '')).userErrors, []);
  await receiver.next(3);
  const [again] = await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  assert.deepEqual(
    again?.attempts.map(({ number, statusCode }) => [number, statusCode]),
    [
      [1, 503],
      [2, 200],
      [3, 200],
    ],
  );
  for (const request of receiver.requests) {
    assert.equal(request.headers['webhook-id'], event.id);
    verify(secret, request);
  }
});

test('410 Gone disables the webhook subscription; its events are kept until it is resumed', async () => {
  const { id } = await subscribe();
  answer = (_request, index) => ({ status: index === 0 ? 410 : 200 });
  const event = await publish(gateway.request, { type: 'order.created', data: {} });
  const [gone] = await waitForDeliveries(gateway.request, event.id, { status: 'EXHAUSTED' });
  assert.equal(gone?.attemptCount, 1);
  const disabled = await readSubscription(id);
  assert.equal(disabled.status, 'DISABLED');
  assert.match(disabled.statusReason ?? '', /410/);

  const later = await publish(gateway.request, { type: 'order.created', data: {} });
  const [kept] = await waitForDeliveries(gateway.request, later.id, { status: 'PENDING' });
  assert.equal(kept?.attemptCount, 0);
  await change('resumeWebhookSubscription', 'DeleteInput', { id });
  await waitForDeliveries(gateway.request, later.id, { status: 'SUCCEEDED' });
  assert.deepEqual(
    receiver.requests.map(({ headers }) => headers['webhook-id']),
    [event.id, later.id],
  );
});

test('a redirect is not followed, and is recorded as a failure', async () => {
  const other = await startReceiver();
  await subscribe();
  answer = () => ({ status: 302, headers: { location: `${other.url}/elsewhere` } });
  const event = await publish(gateway.request, { type: 'order.created', data: {} });
  const [failed] = await waitForDeliveries(gateway.request, event.id, { status: 'RETRYING' });
  assert.deepEqual(
    failed?.attempts.map(({ statusCode }) => statusCode),
    [302],
  );
  assert.ok(failed.attempts[0]?.responseHeaders.some(({ name }) => name === 'location'));
  assert.equal(other.requests.length, 0);
  await other.close();
});

test('what breaks on the way is recorded with its stage and code', async () => {
  await subscribe();
  answer = () => ({ reset: true });
  const event = await publish(gateway.request, { type: 'order.created', data: {} });
  const [failed] = await waitForDeliveries(gateway.request, event.id, { status: 'RETRYING' });
  assert.deepEqual(
    failed?.attempts.map(({ statusCode, error }) => [statusCode, error?.stage]),
    [[null, 'FIRST_BYTE']],
  );
  await receiver.close();
  assert.deepEqual((await retry(failed.id)).userErrors, []);
  const refused = await until({ what: 'the second attempt' }, async () => {
    const [delivery] = await readDeliveries(gateway.request, event.id);
    return delivery?.attempts[1];
  });
  assert.deepEqual([refused.error?.stage, refused.error?.code], ['CONNECT', 'ECONNREFUSED']);
  receiver = await startReceiver();
});

test('a paused webhook subscription keeps its events and sends them when it is resumed', async () => {
  const { id } = await subscribe();
  const said = await change('pauseWebhookSubscription', 'PauseWebhookSubscriptionInput', { id, reason: 'maintenance' });
  assert.match(said, /PAUSED/);
  assert.equal((await readSubscription(id)).statusReason, 'maintenance');
  const events: { id: string }[] = [];
  for (let n = 0; n < 5; n += 1) events.push(await publish(gateway.request, { type: 'order.created', data: { n } }));
  for (const event of events) {
    const [kept] = await waitForDeliveries(gateway.request, event.id, { status: 'PENDING' });
    assert.equal(kept?.attemptCount, 0);
  }
  await until({ what: 'the deliveries are parked' }, async () => {
    const found = await Promise.all(events.map((event) => readDeliveries(gateway.request, event.id)));
    return found.every(([delivery]) => delivery?.nextAttemptAt === null);
  });
  assert.equal(receiver.requests.length, 0);
  assert.match(await change('resumeWebhookSubscription', 'DeleteInput', { id }), /ACTIVE/);
  await receiver.next(5);
  for (const event of events) await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  assert.deepEqual(
    new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])),
    new Set(events.map((event) => event.id)),
  );
  assert.equal(receiver.requests.length, 5);
});

test('after rotateWebhookSecret requests are signed with both secrets, and without overlap with the new one alone', async () => {
  const { id, secret } = await subscribe();
  const rotate = async (overlapSeconds: number): Promise<string> => {
    const query = `mutation ($input: RotateWebhookSecretInput!) {
      rotateWebhookSecret(input: $input) { secret previousSecretExpiresAt userErrors { code message } }
    }`;
    const { rotateWebhookSecret } = await gateway.request(query, { input: { id, overlapSeconds } });
    assert.deepEqual(rotateWebhookSecret.userErrors, []);
    assert.equal(rotateWebhookSecret.previousSecretExpiresAt === null, overlapSeconds === 0);
    return rotateWebhookSecret.secret ?? assert.fail();
  };
  const second = await rotate(3600);
  assert.notEqual(second, secret);
  await publish(gateway.request, { type: 'order.created', data: {} });
  const [both] = await receiver.next(1);
  verify(secret, both);
  verify(second, both);
  assert.equal(both?.headers['webhook-signature']?.split(' ').length, 2);

  const third = await rotate(0);
  await publish(gateway.request, { type: 'order.created', data: {} });
  const [, alone] = await receiver.next(2);
  verify(third, alone);
  assert.throws(() => verify(second, alone), /No matching signature/);
  assert.equal(alone?.headers['webhook-signature']?.split(' ').length, 1);
});

test('sendTestEvent goes the whole way to one webhook subscription, whatever it asks for', async () => {
  const { id, secret } = await subscribe({ eventTypes: ['order.paid'], filter: { 'data.amount': 1 } });
  await subscribe({ url: `${receiver.url}/other` });
  const query = `mutation ($input: SendTestEventInput!) {
    sendTestEvent(input: $input) { event { id type data } delivery { id status } userErrors { code message } }
  }`;
  const { sendTestEvent } = await gateway.request(query, { input: { id, data: { hello: 'there' } } });
  assert.deepEqual(sendTestEvent.userErrors, []);
  assert.equal(sendTestEvent.event?.type, 'carillon.test');
  const eventId = sendTestEvent.event.id;
  const [delivery] = await waitForDeliveries(gateway.request, eventId, { status: 'SUCCEEDED' });
  assert.equal(delivery?.id, sendTestEvent.delivery?.id);
  assert.equal(receiver.requests.length, 1);
  const [request] = receiver.requests;
  assert.equal(request?.path, '/hook');
  assert.deepEqual(verify(secret, request), {
    type: 'carillon.test',
    timestamp: JSON.parse(request.body.toString()).timestamp,
    data: { hello: 'there' },
  });
});

test('a changed URL, type list, filter and header list holds for the next event', async () => {
  const { id } = await subscribe({ eventTypes: ['order.created'] });
  const query = `mutation ($input: UpdateWebhookSubscriptionInput!) {
    updateWebhookSubscription(input: $input) { webhookSubscription { url eventTypes filter } userErrors { code message } }
  }`;
  const input = {
    id,
    url: `${receiver.url}/new`,
    eventTypes: ['order.paid'],
    filter: { 'data.n': { $gte: 2 } },
    headers: [{ name: 'x-new', value: '1' }],
  };
  assert.deepEqual((await gateway.request(query, { input })).updateWebhookSubscription.userErrors, []);
  const none = [
    await publish(gateway.request, { type: 'order.created', data: { n: 3 } }),
    await publish(gateway.request, { type: 'order.paid', data: { n: 1 } }),
  ];
  const event = await publish(gateway.request, { type: 'order.paid', data: { n: 2 } });
  await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  for (const { id: eventId } of none) assert.deepEqual(await readDeliveries(gateway.request, eventId), []);
  assert.deepEqual(
    receiver.requests.map(({ path, headers }) => [path, headers['x-new']]),
    [['/new', '1']],
  );
});

test('a deleted webhook subscription gets nothing more, and what was pending for it is cancelled', async () => {
  const { id } = await subscribe();
  answer = () => ({ status: 500 });
  const event = await publish(gateway.request, { type: 'order.created', data: {} });
  const [failed] = await waitForDeliveries(gateway.request, event.id, { status: 'RETRYING' });
  await deleteSubscription(id);
  const [cancelled] = await waitForDeliveries(gateway.request, event.id, { status: 'CANCELLED' });
  assert.equal(cancelled?.webhookSubscription, null);
  assert.equal(cancelled.nextAttemptAt, null);
  const later = await publish(gateway.request, { type: 'order.created', data: {} });
  assert.deepEqual(await readDeliveries(gateway.request, later.id), []);
  const { userErrors } = await retry(failed?.id ?? '');
  assert.deepEqual(
    userErrors.map(({ code }) => code),
    ['CONFLICT'],
  );
  assert.equal(receiver.requests.length, 1);
});

test('an application gets what is addressed to it or to all, and sees and touches nothing of another', async () => {
  const [one, two] = [await createApplication(gateway.request, 'One'), await createApplication(gateway.request, 'Two')];
  const platform = await subscribe({ url: `${receiver.url}/platform` });
  const ofOne = await subscribe({ url: `${receiver.url}/one` }, one.key);
  const ofTwo = await subscribe({ url: `${receiver.url}/two`, application: two.id });
  const forOne = await publish(gateway.request, { type: 'order.created', data: {}, application: one.id });
  const forTwo = await publish(gateway.request, { type: 'order.created', data: {}, application: two.id });
  const forAll = await publish(gateway.request, { type: 'order.created', data: {} });
  await waitForDeliveries(gateway.request, forOne.id, { status: 'SUCCEEDED', count: 2 });
  await waitForDeliveries(gateway.request, forTwo.id, { status: 'SUCCEEDED', count: 2 });
  await waitForDeliveries(gateway.request, forAll.id, { status: 'SUCCEEDED', count: 3 });
  const at = (path: string) =>
    receiver.requests.filter((request) => request.path === path).map(({ headers }) => headers['webhook-id']);
  assert.deepEqual(new Set(at('/platform')), new Set([forOne.id, forTwo.id, forAll.id]));
  assert.deepEqual(new Set(at('/one')), new Set([forOne.id, forAll.id]));
  assert.deepEqual(new Set(at('/two')), new Set([forTwo.id, forAll.id]));
  assert.equal(receiver.requests.length, 7);

  const asOne = (query: string, variables?: Readonly<Record<string, unknown>>) =>
    gateway.request(query, variables, one.key);
  const seen = await asOne(
    `query ($two: ID!, $platform: ID!, $event: ID!, $application: ID!) {
      webhookSubscriptions { nodes { id } }
      two: webhookSubscription(id: $two) { id }
      platform: webhookSubscription(id: $platform) { id }
      node(id: $two) { id }
      event(id: $event) { id }
      application(id: $application) { id }
      applications { nodes { id } }
      events(first: 100, order: NEWEST_FIRST) { nodes { id deliveries { nodes { webhookSubscription { id } } } } }
      deliveries(first: 100) { nodes { webhookSubscription { id } } }
    }`,
    { two: ofTwo.id, platform: platform.id, event: forTwo.id, application: two.id },
  );
  assert.deepEqual(seen.webhookSubscriptions.nodes, [{ id: ofOne.id }]);
  const { two: hidden, platform: hiddenToo } = seen as unknown as Record<string, unknown>;
  assert.deepEqual([hidden, hiddenToo, seen.node, seen.event, seen.application], [null, null, null, null, null]);
  assert.deepEqual(seen.applications.nodes, [{ id: one.id }]);
  const events = seen.events.nodes;
  assert.ok(!events.some((event) => event.id === forTwo.id));
  assert.ok(events.some((event) => event.id === forAll.id));
  const owners = [...events.flatMap((event) => event.deliveries.nodes), ...seen.deliveries.nodes];
  assert.deepEqual([...new Set(owners.map((delivery) => delivery.webhookSubscription?.id))], [ofOne.id]);

  const touch = `mutation ($input: DeleteInput!) {
    deleteWebhookSubscription(input: $input) { deletedId userErrors { code field } }
    resumeWebhookSubscription(input: $input) { userErrors { code field } }
  }`;
  const touched = await asOne(touch, { input: { id: ofTwo.id } });
  const notFound = [{ code: 'NOT_FOUND', field: 'input.id' }];
  assert.deepEqual(touched.deleteWebhookSubscription, { deletedId: null, userErrors: notFound });
  assert.deepEqual(touched.resumeWebhookSubscription.userErrors, notFound);
  assert.equal((await readSubscription(ofTwo.id)).status, 'ACTIVE');
  const [foreign] = await readDeliveries(gateway.request, forTwo.id);
  const retried = await asOne(
    'mutation ($input: DeleteInput!) { retryDelivery(input: $input) { userErrors { code field } } }',
    { input: { id: foreign?.id } },
  );
  assert.deepEqual(retried.retryDelivery.userErrors, notFound);
});
