// The story of this example: the event user_registered, the trigger user_registered_trigger, and who is told, receiver.py.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const user = { user_id: 42, username: 'ada', email: 'ada@example.org' };

/** @param {import('../stage.mjs').Stage} stage */
export async function run({ startGateway, startProgram, say }) {
  const gateway = await startGateway();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const receiverFile = fileURLToPath(new URL('receiver.py', import.meta.url));
  const receiver = startProgram('receiver.py', ['python3', receiverFile], { WEBHOOK_SECRET: secret });
  const receiverUrl = await receiver.line(/^listening at (\S+)$/);
  const token = randomBytes(24).toString('base64url');

  await createEventType(gateway);
  const triggerUrl = await createUserTrigger(gateway, token);
  await subscribe(gateway, receiverUrl, secret);
  say('The event type, the trigger and the webhook subscription are there.');

  const body = JSON.stringify(user);
  say(`POST ${body} to the trigger: ${await post(triggerUrl, body, { authorization: `Bearer ${token}` })}`);
  await receiver.line(/^verified: (\S+)$/);

  say(`The same without the token: ${await post(triggerUrl, body, {})}`);
  const forged = await post(receiverUrl, body, {
    'webhook-id': 'evt_forged',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': `v1,${randomBytes(32).toString('base64')}`,
  });
  await receiver.line(/^refused/);
  say(`A webhook to the receiver with a forged signature: ${forged}`);
}

/**
 * What may happen. Data that does not match the schema is refused.
 * @param {import('../stage.mjs').Gateway} gateway
 */
async function createEventType(gateway) {
  const schema = {
    type: 'object',
    required: ['user_id', 'username', 'email'],
    properties: {
      user_id: { type: 'integer' },
      username: { type: 'string' },
      email: { type: 'string', format: 'email' },
    },
  };
  await gateway.ask(
    `mutation ($input: CreateEventTypeInput!) {
      createEventType(input: $input) { eventType { id } userErrors { code field message } }
    }`,
    { input: { name: 'user_registered', description: 'Somebody has a new account.', schema, example: user } },
  );
}

/**
 * What makes it happen: a POST of whoever has the token. Its body is the event's data. Answers where to.
 * @param {import('../stage.mjs').Gateway} gateway
 * @param {string} token
 */
async function createUserTrigger(gateway, token) {
  const { createTrigger } = await gateway.ask(
    `mutation ($input: CreateTriggerInput!) {
      createTrigger(input: $input) {
        trigger { configuration { ... on InboundWebhookConfiguration { path } } }
        userErrors { code field message }
      }
    }`,
    {
      input: {
        name: 'user_registered_trigger',
        eventType: 'user_registered',
        configuration: { inboundWebhook: { verification: { bearer: { token } } } },
      },
    },
  );
  return `${gateway.url}${createTrigger.trigger.configuration.path}`;
}

/**
 * Who is told of it. Without a secret of our own the answer would show a new one, once.
 * @param {import('../stage.mjs').Gateway} gateway
 * @param {string} url
 * @param {string} secret
 */
async function subscribe(gateway, url, secret) {
  await gateway.ask(
    `mutation ($input: CreateWebhookSubscriptionInput!) {
      createWebhookSubscription(input: $input) { webhookSubscription { id } userErrors { code field message } }
    }`,
    { input: { url, eventTypes: ['user_registered'], secret } },
  );
}

/**
 * Answers the status.
 * @param {string} url
 * @param {string} body
 * @param {Record<string, string>} headers
 */
async function post(url, body, headers) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return response.status;
}
