// The story of this example: order.created -> payment.captured -> shipment.sent. The services that make the second and the
// third of the one before are service.mjs; who publishes orders and who looks on is here.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const flow = ['order.created', 'payment.captured', 'shipment.sent'];
const orders = [
  { order_id: 1001, amount: 84.5 },
  { order_id: 1002, amount: 12 },
  { order_id: 1003, amount: 230.99 },
];

/**
 * @typedef {import('../stage.mjs').Gateway} Gateway
 * @typedef {{ type: string, subject: string, data: object }} SeenEvent
 */

/** @param {import('../stage.mjs').Stage} stage */
export async function run(stage) {
  const gateway = await stage.startGateway();
  for (const name of flow) {
    await gateway.ask(
      `mutation ($input: CreateEventTypeInput!) {
        createEventType(input: $input) { eventType { id } userErrors { code field message } }
      }`,
      { input: { name } },
    );
  }
  // Who publishes may do nothing else, and who looks on may change nothing.
  const publisherKey = await createKey(gateway, 'PUBLISHER');
  const readerKey = await createKey(gateway, 'READER');
  await startService(stage, gateway, publisherKey, 'payment', 'order.created');
  await startService(stage, gateway, publisherKey, 'shipping', 'payment.captured');

  const timeline = follow(stage, gateway, readerKey);
  await gateway.ask(
    `mutation ($input: PublishEventsInput!) {
      publishEvents(input: $input) { userErrors { code field message } }
    }`,
    {
      input: {
        events: orders.map((data) => {
          const order = `order/${data.order_id}`;
          return { type: 'order.created', subject: order, orderingKey: order, data };
        }),
      },
    },
    publisherKey,
  );

  /** @type {Map<string, string[]>} */
  const seen = new Map();
  let events = 0;
  for await (const result of timeline) {
    if (!result.data) throw new Error(`the gateway refused the subscription: ${JSON.stringify(result.errors)}`);
    const { type, subject, data } = result.data.events;
    stage.say(`${type.padEnd(16)} ${subject} ${JSON.stringify(data)}`);
    seen.set(subject, [...(seen.get(subject) ?? []), type]);
    events += 1;
    if (events === orders.length * flow.length) break;
  }
  for (const [subject, types] of seen) stage.say(`${subject}: ${types.join(' -> ')}`);
}

/**
 * Answers the key, which is shown once.
 * @param {Gateway} gateway
 * @param {string} role
 * @returns {Promise<string>}
 */
async function createKey(gateway, role) {
  const { createApiKey } = await gateway.ask(
    `mutation ($input: CreateApiKeyInput!) {
      createApiKey(input: $input) { key userErrors { code field message } }
    }`,
    { input: { name: `business flow, ${role}`, role } },
  );
  return createApiKey.key;
}

/**
 * Starts a service and has events of one type sent to it.
 * @param {import('../stage.mjs').Stage} stage
 * @param {Gateway} gateway
 * @param {string} publisherKey
 * @param {string} name
 * @param {string} eventType
 */
async function startService({ startProgram }, gateway, publisherKey, name, eventType) {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const file = fileURLToPath(new URL('service.mjs', import.meta.url));
  const program = startProgram(name, [process.execPath, file, name], {
    GATEWAY_URL: gateway.url,
    PUBLISHER_KEY: publisherKey,
    WEBHOOK_SECRET: secret,
  });
  const url = await program.line(/^listening at (\S+)$/);
  await gateway.ask(
    `mutation ($input: CreateWebhookSubscriptionInput!) {
      createWebhookSubscription(input: $input) { webhookSubscription { id } userErrors { code field message } }
    }`,
    { input: { name, url, secret, eventTypes: [eventType], ordering: 'BY_KEY' } },
  );
}

/**
 * The events of the flow as they happen, from this moment on, over a socket.
 * @param {import('../stage.mjs').Stage} stage
 * @param {Gateway} gateway
 * @param {string} key
 */
function follow({ atEnd }, gateway, key) {
  const client = createClient({
    url: `${gateway.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
  });
  atEnd(() => client.dispose());
  const query = `subscription ($types: [String!], $since: DateTime) {
    events(types: $types, since: $since) { type subject data }
  }`;
  const variables = { types: flow, since: new Date().toISOString() };
  return /** @type {typeof client.iterate<{ events: SeenEvent }>} */ (client.iterate)({ query, variables });
}
