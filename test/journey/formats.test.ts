// Every body format over a real receiver, which verifies the signature over the bytes it got; and the preview of each.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { payloadFormats } from '../../src/payload/payload-formats.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { type ReceivedRequest, type Receiver, startReceiver } from '../kit/receiver.js';

let gateway: Gateway;
let receiver: Receiver;

before(async () => {
  receiver = await startReceiver();
  gateway = await startGateway();
  await gateway.request(
    'mutation ($input: CreateEventTypeInput!) { createEventType(input: $input) { userErrors { message } } }',
    { input: { name: 'order.created', example: { id: 7 } } },
  );
});

after(async () => {
  await gateway.stop();
  await receiver.close();
});

const data = { id: 42, name: 'Zoë €', lines: [{ sku: 'A' }], '<odd>': null };
const preview = `query ($input: PreviewDeliveryInput!) { previewDelivery(input: $input) {
  request { method url headers { name value } body bodyBytes } failure { stage code message } userErrors { code field message }
} }`;

const missing = { id: '', format: null, method: null, contentType: null, transform: null };

async function create(input: object) {
  const { createWebhookSubscription: created } = await gateway.request(
    `mutation ($input: CreateWebhookSubscriptionInput!) { createWebhookSubscription(input: $input) {
      webhookSubscription { id format method contentType transform { jsonata template } } secret userErrors { code field message }
    } }`,
    { input: { url: `${receiver.url}/hook?k=1`, eventTypes: ['order.created'], ...input } },
  );
  const { webhookSubscription, secret, userErrors } = created;
  return { webhookSubscription: webhookSubscription ?? missing, secret: secret ?? '', userErrors };
}

async function ring(id: string): Promise<ReceivedRequest> {
  const count = receiver.requests.length;
  const { sendTestEvent } = await gateway.request(
    'mutation ($input: SendTestEventInput!) { sendTestEvent(input: $input) { event { id } userErrors { message } } }',
    { input: { id, data } },
  );
  assert.deepEqual(sendTestEvent.userErrors, []);
  const all = await receiver.next(count + 1);
  return all[count] ?? assert.fail();
}

function verify(secret: string, signed: string | Buffer, { headers }: Pick<ReceivedRequest, 'headers'>): void {
  // The library parses what it has verified as JSON, which not every body is.
  try {
    new Webhook(secret).verify(signed.toString(), { ...headers });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

for (const { name: format } of payloadFormats) {
  test(`${format} arrives with a signature over its bytes, as the preview and the log of attempts show it`, async () => {
    const { webhookSubscription, secret, userErrors } = await create({
      format,
      headers: [{ name: 'x-of', value: '{{ type }}' }],
    });
    assert.deepEqual(userErrors, []);
    assert.equal(webhookSubscription.format, format);
    const got = await ring(webhookSubscription.id);
    assert.equal(got.headers['x-of'], 'carillon.test');
    verify(secret, got.body, got);
    assert.throws(() => verify(secret, `${got.body.toString()} `, got), /signature/);
    const input = { webhookSubscription: webhookSubscription.id, event: got.headers['webhook-id'] };
    const { previewDelivery: shown } = await gateway.request(preview, { input });
    assert.deepEqual([shown.userErrors, shown.failure], [[], null]);
    assert.ok(shown.request != null);
    assert.equal(shown.request.body, got.body.toString());
    assert.equal(shown.request.bodyBytes, got.body.length);
    const headers = Object.fromEntries(shown.request.headers.map(({ name, value }: Header) => [name, value])) as Record<
      string,
      string
    >;
    assert.equal(headers['content-type'], got.headers['content-type']);
    assert.equal(headers['x-of'], '***');
    verify(secret, shown.request.body, { headers });
    const { deliveryAttempts } = await gateway.request(
      `query ($id: ID!) { deliveryAttempts(webhookSubscription: $id) { nodes { method requestBody requestBodyTruncated } } }`,
      { id: webhookSubscription.id },
    );
    const kept = { method: 'POST', requestBody: got.body.toString(), requestBodyTruncated: false };
    assert.deepEqual(deliveryAttempts.nodes, [kept]);
  });
}

interface Header {
  readonly name: string;
  readonly value: string;
}

test('a GET request carries the data in a query that is signed', async () => {
  const { webhookSubscription, secret } = await create({ method: 'GET', transform: { jsonata: '{"n": data.name}' } });
  const got = await ring(webhookSubscription.id);
  assert.deepEqual([got.method, got.path, got.body.length], ['GET', '/hook?k=1&n=Zo%C3%AB+%E2%82%AC', 0]);
  verify(secret, got.path.slice(got.path.indexOf('?') + 1), got);
});

test('a transformer makes what is sent, and a null takes it away again', async () => {
  const { webhookSubscription } = await create({
    format: 'RAW',
    method: 'PUT',
    transform: { template: { n: '{{ data.id }}' } },
  });
  const got = await ring(webhookSubscription.id);
  assert.deepEqual([got.method, got.body.toString()], ['PUT', '{"n":42}']);
  const { updateWebhookSubscription: updated } = await gateway.request(
    `mutation ($input: UpdateWebhookSubscriptionInput!) { updateWebhookSubscription(input: $input) {
      webhookSubscription { format method transform { jsonata } } userErrors { message }
    } }`,
    { input: { id: webhookSubscription.id, transform: null, method: null, format: null } },
  );
  assert.deepEqual(updated.webhookSubscription, { format: 'STANDARD', method: 'POST', transform: null });
});

const bad = [
  [{ transform: { jsonata: 'data.' } }, 'input.transform.jsonata', 'TRANSFORM_INVALID'],
  [{ transform: { template: { a: '{{ x }}' } } }, 'input.transform.template.a', 'TRANSFORM_INVALID'],
  [{ format: 'SLACK', contentType: 'text/plain' }, 'input.contentType', 'INVALID_INPUT'],
  [{ headers: [{ name: 'x-a', value: '{{ nothing }}' }] }, 'input.headers.0.value', 'HEADER_INVALID'],
] as const;
for (const [parts, field, code] of bad) {
  test(`${JSON.stringify(parts)} is refused on ${field}, at creation and in a draft`, async () => {
    const { userErrors } = await create(parts);
    assert.deepEqual([userErrors[0]?.field, userErrors[0]?.code], [field, code]);
    const draft = { url: receiver.url, eventTypes: ['order.created'], ...parts };
    const { previewDelivery } = await gateway.request(preview, { input: { draft, eventType: 'order.created' } });
    assert.equal(previewDelivery.userErrors[0]?.field, field.replace('input.', 'input.draft.'));
  });
}

test('a draft is shown with the example of the event type, and a failure by its name; nothing is sent or stored', async () => {
  const count = receiver.requests.length;
  const draft = {
    url: receiver.url,
    eventTypes: ['order.created'],
    format: 'RAW',
    transform: { jsonata: 'data.id * 2' },
  };
  const { previewDelivery: shown } = await gateway.request(preview, { input: { draft, eventType: 'order.created' } });
  assert.deepEqual([shown.request?.body, shown.request?.method], ['14', 'POST']);
  const input = { draft, eventType: 'order.created', data: { id: 'x' } };
  const { previewDelivery: failed } = await gateway.request(preview, { input });
  assert.deepEqual(
    [failed.request, failed.failure?.stage, failed.failure?.code],
    [null, 'TRANSFORM', 'TRANSFORM_FAILED'],
  );
  const { previewDelivery: neither } = await gateway.request(preview, { input: { eventType: 'order.created' } });
  assert.equal(neither.userErrors[0]?.field, 'input.draft');
  assert.equal(receiver.requests.length, count);
});
