// Saved documents over real sockets: a webhook's `data` has the same bytes as a live client's, many share one execution, and a
// schema that breaks documents is refused or marks them, with their deliveries kept.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, openLive, publish, waitForDeliveries } from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';

const schema = {
  type: 'object',
  properties: { amount: { type: 'number' }, 'odd-name': { type: 'string' }, note: { type: ['string', 'null'] } },
  required: ['amount'],
};
const query = `subscription ($least: JSON) {
  orderCreated(filter: $least) { type payload { note amount odd: odd_name } }
}`;
let gateway: Gateway;
let receiver: Receiver;

before(async () => {
  receiver = await startReceiver();
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'order.created', schema });
});
after(async () => {
  await gateway.stop();
  await receiver.close();
});

async function subscribe(input: Readonly<Record<string, unknown>>) {
  const { createWebhookSubscription } = await gateway.request(
    `mutation ($input: CreateWebhookSubscriptionInput!) {
      createWebhookSubscription(input: $input) {
        webhookSubscription { id query variables queryProblem eventTypes filter } userErrors { code field message }
      }
    }`,
    { input: { url: receiver.url, ...input } },
  );
  return createWebhookSubscription;
}

async function update(next: unknown, force = false) {
  const { updateEventType } = await gateway.request(
    'mutation ($input: UpdateEventTypeInput!) { updateEventType(input: $input) { userErrors { code field message } } }',
    { input: { name: 'order.created', schema: next, force } },
  );
  return updateEventType.userErrors;
}

test('the data of a webhook has the bytes that a live client gets', async () => {
  const variables = { least: { 'data.amount': { $gt: 1 } } };
  const { webhookSubscription, userErrors } = await subscribe({ query, variables });
  assert.deepEqual(userErrors, []);
  const { id = '', ...rest } = webhookSubscription ?? {};
  const filter = variables.least;
  assert.deepEqual(rest, { query, variables, queryProblem: null, eventTypes: ['order.created'], filter });
  await publish(gateway.request, { type: 'order.created', data: { amount: 1 } });
  const event = await publish(gateway.request, {
    type: 'order.created',
    data: { amount: 2.5, 'odd-name': 'é', note: null },
  });
  await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  const body = receiver.requests.at(-1)?.body.toString() ?? '';
  const live = openLive(
    gateway.url,
    gateway.adminKey,
    query.replace('least)', 'least, since: "2020-01-01T00:00:00Z")'),
    variables,
  );
  await live.next(1);
  const data = JSON.stringify(live.results[0]?.data);
  assert.equal(data, '{"orderCreated":{"type":"order.created","payload":{"note":null,"amount":2.5,"odd":"é"}}}');
  assert.ok(body.startsWith('{"type":"order.created","timestamp":"') && body.endsWith(`,"data":${data}}`), body);
  assert.equal(receiver.requests.length, 1);
  await live.close();
  await gateway.request('mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId } }', { id });
});

test('a document that cannot be saved is refused with its place', async () => {
  const refused: readonly [string, RegExp][] = [
    ['subscription { orderCreated { nothing } }', /Cannot query field "nothing".*\(line 1, column 31\)/],
    ['subscription {', /\(line 1, column 15\)/],
    ['{ viewer { role } }', /must be exactly one operation, a subscription \(line 1, column 1\)/],
    ['subscription { deliveries { id } }', /must ask for `events` or for one typed event/],
    ['subscription { events(after: "x") { id } }', /must not have the argument after.*\(line 1, column 23\)/],
    ['subscription A { events { id } } subscription B { events { id } }', /must be exactly one operation/],
  ];
  for (const [text, message] of refused) {
    const { webhookSubscription, userErrors } = await subscribe({ query: text });
    assert.equal(webhookSubscription, null, text);
    assert.equal(userErrors[0]?.field, 'input.query', text);
    assert.match(userErrors[0]?.message ?? '', message);
  }
});

test('a schema that breaks a document is refused, and forced it keeps the deliveries until it is mended', async () => {
  const { webhookSubscription } = await subscribe({ query: 'subscription { orderCreated { payload { note } } }' });
  const id = webhookSubscription?.id ?? assert.fail();
  const without = { type: 'object', properties: { amount: { type: 'number' } } };
  const [refusal] = await update(without);
  assert.deepEqual([refusal?.code, refusal?.field], ['IN_USE', 'input.schema']);
  assert.match(refusal?.message ?? '', new RegExp(id));
  assert.deepEqual(await update(without, true), []);
  const read = 'query ($id: ID!) { webhookSubscription(id: $id) { status statusReason queryProblem } }';
  const { webhookSubscription: broken } = await gateway.request(read, { id });
  assert.equal(broken?.status, 'DISABLED');
  assert.match(broken.queryProblem ?? '', /Cannot query field "note"/);
  const kept = await publish(gateway.request, { type: 'order.created', data: { amount: 3 } });
  assert.deepEqual(await update(schema), []);
  const { webhookSubscription: mended } = await gateway.request(read, { id });
  assert.deepEqual(mended, { status: 'ACTIVE', statusReason: null, queryProblem: null });
  await waitForDeliveries(gateway.request, kept.id, { status: 'SUCCEEDED' });
  assert.match(
    receiver.requests.at(-1)?.body.toString() ?? '',
    /"data":\{"orderCreated":\{"payload":\{"note":null\}\}\}\}$/,
  );
});

test('a pinned document goes on with its version when the schema changes', async () => {
  const { webhookSubscription, userErrors } = await subscribe({
    query: 'subscription { orderCreated { typeVersion payload { odd: odd_name } } }',
    eventTypeVersion: 1,
  });
  assert.deepEqual([userErrors, webhookSubscription?.queryProblem], [[], null]);
  assert.deepEqual(await update({ type: 'object', properties: { amount: {}, note: { type: 'string' } } }), []);
  const event = await publish(gateway.request, { type: 'order.created', data: { amount: 4, 'odd-name': 'still' } });
  await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED', count: 2 });
  const bodies = receiver.requests.map(({ body }) => body.toString());
  assert.ok(
    bodies.some((body) => /"payload":\{"odd":"still"\}\}\}\}$/.test(body)),
    bodies.at(-1),
  );
});

test('a webhook subscription without a document is pinned too, and gets the events of its version alone', async () => {
  await createEventType(gateway.request, { name: 'price.changed', schema });
  const told = 'updateEventType(input: { name: "price.changed", schema: $schema }) { eventType { version } }';
  const setSchema = (next: unknown) => gateway.request(`mutation ($schema: JSON) { ${told} }`, { schema: next });
  for (const eventTypeVersion of [0, 2]) {
    const { userErrors } = await subscribe({ eventTypes: ['price.changed'], eventTypeVersion });
    assert.deepEqual([userErrors[0]?.code, userErrors[0]?.field], ['INVALID_INPUT', 'input.eventTypeVersion']);
  }
  const pinned = await subscribe({ url: `${receiver.url}/first`, eventTypes: ['price.changed'], eventTypeVersion: 1 });
  assert.deepEqual(pinned.userErrors, []);
  const first = await publish(gateway.request, { type: 'price.changed', data: { amount: 1 } });
  await waitForDeliveries(gateway.request, first.id, { status: 'SUCCEEDED' });
  const { updateEventType } = await setSchema({ type: 'object', properties: { cents: { type: 'integer' } } });
  assert.equal(updateEventType.eventType?.version, 2);
  await subscribe({ url: `${receiver.url}/second`, eventTypes: ['price.changed'], eventTypeVersion: 2 });
  await subscribe({ url: `${receiver.url}/any`, eventTypes: ['price.changed'] });
  const second = await publish(gateway.request, { type: 'price.changed', data: { cents: 200 } });
  await waitForDeliveries(gateway.request, second.id, { status: 'SUCCEEDED', count: 2 });
  const got = receiver.requests
    .filter(({ headers }) => [first.id, second.id].includes(String(headers['webhook-id'])))
    .map(({ path, body }) => [path, (JSON.parse(body.toString()) as { data: unknown }).data]);
  const cents = { cents: 200 };
  assert.deepEqual(got.sort(), [
    ['/any', cents],
    ['/first', { amount: 1 }],
    ['/second', cents],
  ]);
});

test('an event type that only a document names is not deleted, and archiving it leaves the document alone', async () => {
  const name = 'refund.made';
  const { createEventType: made } = await gateway.request(
    'mutation ($name: String!, $schema: JSON) { createEventType(input: { name: $name, schema: $schema }) { eventType { id } } }',
    { name, schema },
  );
  const text = 'subscription { events(types: ["*"]) { id ...F } } fragment F on RefundMadeEvent { payload { amount } }';
  const { webhookSubscription, userErrors } = await subscribe({ query: text });
  assert.deepEqual([userErrors, webhookSubscription?.eventTypes], [[], ['*']]);
  const id = webhookSubscription?.id ?? assert.fail();
  const remove = async () =>
    (
      await gateway.request(
        'mutation ($name: String!) { deleteEventType(input: { name: $name }) { deletedId userErrors { code field message } } }',
        { name },
      )
    ).deleteEventType;
  const [refusal] = (await remove()).userErrors;
  assert.deepEqual([refusal?.code, refusal?.field], ['IN_USE', 'input.name']);
  assert.match(refusal?.message ?? '', new RegExp(`the document of the webhook subscription ${id} names it`));
  const { archiveEventType } = await gateway.request(
    'mutation ($name: String!) { archiveEventType(input: { name: $name }) { eventType { status } userErrors { code } } }',
    { name },
  );
  assert.deepEqual([archiveEventType.eventType?.status, archiveEventType.userErrors], ['ARCHIVED', []]);
  const { webhookSubscription: still } = await gateway.request(
    'query ($id: ID!) { webhookSubscription(id: $id) { status queryProblem } }',
    { id },
  );
  assert.deepEqual(still, { status: 'ACTIVE', queryProblem: null });
  await gateway.request('mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId } }', { id });
  assert.deepEqual(await remove(), { deletedId: made.eventType?.id, userErrors: [] });
});
