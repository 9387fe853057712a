// The handshake of CloudEvents webhooks over real sockets: asked at creation and at resume, kept to in deliveries, and nothing is
// written where a receiver does not agree.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, publish, waitForDeliveries } from '../kit/graphql-client.js';
import { type Receiver, type ReceiverAnswer, startReceiver } from '../kit/receiver.js';

let gateway: Gateway;
let nameless: Gateway;
let receiver: Receiver;
let answer: ReceiverAnswer = {};
const agreement = { headers: { 'WebHook-Allowed-Origin': 'events.example.com', 'WebHook-Allowed-Rate': '600' } };

before(async () => {
  receiver = await startReceiver({ respond: ({ method }) => (method === 'OPTIONS' ? answer : {}) });
  [gateway, nameless] = await Promise.all([
    startGateway({ env: { CARILLON_PUBLIC_HOST: 'events.example.com' } }),
    startGateway(),
  ]);
  await createEventType(gateway.request, { name: 'order.created' });
});
after(async () => {
  await gateway.stop();
  await nameless.stop();
  await receiver.close();
});

const shown = 'id status handshake rateLimit { perSecond burst }';

async function create(to: Gateway) {
  const { createWebhookSubscription } = await to.request(
    `mutation ($input: CreateWebhookSubscriptionInput!) {
      createWebhookSubscription(input: $input) { webhookSubscription { ${shown} } userErrors { code field message } }
    }`,
    {
      input: {
        url: `${receiver.url}/hook`,
        eventTypes: ['*'],
        format: 'CLOUDEVENTS_BINARY',
        handshake: 'CLOUDEVENTS',
        rateLimit: { perSecond: 50 },
      },
    },
  );
  return createWebhookSubscription;
}

test('a receiver that does not agree gets no webhook subscription, and none is left behind', async () => {
  answer = {};
  const { webhookSubscription, userErrors } = await create(gateway);
  assert.equal(webhookSubscription, null);
  assert.deepEqual([userErrors[0]?.code, userErrors[0]?.field], ['HANDSHAKE_REFUSED', 'input.url']);
  assert.match(
    userErrors[0]?.message ?? '',
    /^the handshake with 127\.0\.0\.1:\d+ failed: it answered OPTIONS with 200/,
  );
  const { webhookSubscriptions } = await gateway.request('{ webhookSubscriptions { nodes { id } } }');
  assert.deepEqual(webhookSubscriptions.nodes, []);
});

test('a gateway without a public host refuses by saying what its operator has to set', async () => {
  const { userErrors } = await create(nameless);
  assert.match(userErrors[0]?.message ?? '', /its operator sets CARILLON_PUBLIC_HOST/);
});

test('one that agrees is sent to with our name, at the rate that it allows, and resumed only while it agrees', async () => {
  answer = agreement;
  const { webhookSubscription, userErrors } = await create(gateway);
  assert.deepEqual(userErrors, []);
  const { id = '', ...rest } = webhookSubscription ?? {};
  assert.deepEqual(rest, { status: 'ACTIVE', handshake: 'CLOUDEVENTS', rateLimit: { perSecond: 10, burst: 10 } });
  const asked = receiver.requests.at(-1);
  assert.deepEqual([asked?.method, asked?.path, asked?.headers['webhook-request-rate']], ['OPTIONS', '/hook', '3000']);
  const event = await publish(gateway.request, { type: 'order.created', data: { amount: 1 } });
  await waitForDeliveries(gateway.request, event.id, { status: 'SUCCEEDED' });
  const sent = receiver.requests.at(-1);
  assert.deepEqual(
    [sent?.method, sent?.headers['webhook-request-origin'], sent?.headers['ce-id']],
    ['POST', 'events.example.com', event.id],
  );
  await gateway.request(
    'mutation ($id: ID!) { pauseWebhookSubscription(input: { id: $id }) { userErrors { code } } }',
    {
      id,
    },
  );
  const resume = `mutation ($id: ID!) {
    resumeWebhookSubscription(input: { id: $id }) { webhookSubscription { ${shown} } userErrors { code field } }
  }`;
  answer = {};
  const { resumeWebhookSubscription: refused } = await gateway.request(resume, { id });
  assert.deepEqual(refused.userErrors, [{ code: 'HANDSHAKE_REFUSED', field: 'input.id' }]);
  const { webhookSubscription: still } = await gateway.request(
    'query ($id: ID!) { webhookSubscription(id: $id) { status rateLimit { perSecond } } }',
    { id },
  );
  assert.deepEqual(still, { status: 'PAUSED', rateLimit: { perSecond: 10 } });
  answer = { headers: { 'WebHook-Allowed-Origin': '*', 'WebHook-Allowed-Rate': '*' } };
  const { resumeWebhookSubscription: resumed } = await gateway.request(resume, { id });
  const rateLimit = { perSecond: 50, burst: 50 };
  assert.deepEqual(resumed.webhookSubscription, { id, status: 'ACTIVE', handshake: 'CLOUDEVENTS', rateLimit });
});
