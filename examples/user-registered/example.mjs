// The story of this example: the event user_registered, the trigger user_registered_trigger, and who is told, receiver.py.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

/** @param {import('../stage.mjs').Stage} stage */
export async function run({ startGateway, startProgram, say }) {
  const gateway = await startGateway();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const receiverFile = fileURLToPath(new URL('receiver.py', import.meta.url));
  const receiver = startProgram('receiver.py', ['python3', receiverFile], { WEBHOOK_SECRET: secret });
  const receiverUrl = await receiver.line(/^listening at (\S+)$/);

  // What may happen.
  await gateway.ask(
    `mutation ($input: CreateEventTypeInput!) {
      createEventType(input: $input) { eventType { id } userErrors { code field message } }
    }`,
    {
      input: {
        name: 'user_registered',
        description: 'Somebody has a new account.',
        schema: {
          type: 'object',
          required: ['user_id', 'username', 'email'],
          properties: {
            user_id: { type: 'integer' },
            username: { type: 'string' },
            email: { type: 'string', format: 'email' },
          },
        },
        example: { user_id: 42, username: 'ada', email: 'ada@example.org' },
      },
    },
  );

  // What makes it happen: a POST of whoever has the token. Its body is the event's data.
  const token = randomBytes(24).toString('base64url');
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

  // Who is told of it. Without a secret of our own the answer would show a new one.
  await gateway.ask(
    `mutation ($input: CreateWebhookSubscriptionInput!) {
      createWebhookSubscription(input: $input) { webhookSubscription { id } userErrors { code field message } }
    }`,
    { input: { url: receiverUrl, eventTypes: ['user_registered'], secret } },
  );
  say('The event type, the trigger and the webhook subscription are there.');

  const { path } = createTrigger.trigger.configuration;
  const body = JSON.stringify({ user_id: 42, username: 'ada', email: 'ada@example.org' });
  const json = { 'content-type': 'application/json' };
  const registered = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${token}` },
    body,
  });
  say(`POST ${body} to the trigger: ${registered.status}`);
  await receiver.line(/^verified: (\S+)$/);

  const withoutToken = await fetch(`${gateway.url}${path}`, { method: 'POST', headers: json, body });
  say(`The same without the token: ${withoutToken.status}`);
  const forged = await fetch(receiverUrl, {
    method: 'POST',
    headers: {
      ...json,
      'webhook-id': 'evt_forged',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': `v1,${randomBytes(32).toString('base64')}`,
    },
    body,
  });
  await receiver.line(/^refused/);
  say(`A webhook to the receiver with a forged signature: ${forged.status}`);
}
