// A service of the business flow: is told of one event by webhook, does its part, and publishes the next. Its first argument
// says which one it is; addresses and keys come in the environment.
import { Webhook } from 'standardwebhooks';
import { serve } from '../serve.mjs';

const publishWithinMs = 5000;

/**
 * What a service makes of an event's data: the next event, and its data.
 * @type {Readonly<Record<string, { next: string, work: (data: any) => object }>>}
 */
const services = {
  payment: {
    next: 'payment.captured',
    work: ({ order_id, amount }) => ({ order_id, amount, payment_id: `payment-${order_id}` }),
  },
  shipping: {
    next: 'shipment.sent',
    work: ({ order_id }) => ({ order_id, carrier: 'pigeon' }),
  },
};

const service = services[process.argv[2] ?? ''];
if (service === undefined) throw new Error(`the service must be one of ${Object.keys(services).join(', ')}`);
const { next, work } = service;
const webhook = new Webhook(process.env['WEBHOOK_SECRET'] ?? '');

serve(async ({ headers, body }) => {
  // Throws when it is not signed with our secret.
  const { data } = /** @type {{ data: any }} */ (webhook.verify(body, headers));
  const order = `order/${data.order_id}`;
  await publish({
    type: next,
    subject: order,
    orderingKey: order,
    data: work(data),
    // The same webhook may come twice; the next event happens once all the same.
    idempotencyKey: `${next} ${headers['webhook-id']}`,
  });
});

/**
 * Resolves when the event is in the log: only then has the service done its part.
 * @param {object} input
 */
async function publish(input) {
  const response = await fetch(`${process.env['GATEWAY_URL']}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env['PUBLISHER_KEY']}` },
    body: JSON.stringify({
      query: `mutation ($input: PublishEventInput!) {
        publishEvent(input: $input) { event { id } userErrors { code field message } }
      }`,
      variables: { input },
    }),
    signal: AbortSignal.timeout(publishWithinMs),
  });
  const { data, errors } = JSON.parse(await response.text());
  if (!data?.publishEvent.event) throw new Error(JSON.stringify(errors ?? data.publishEvent.userErrors));
}
