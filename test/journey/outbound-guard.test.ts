// A gateway that may deliver to the public only: what points inside is refused when it is given, and what leads there by
// name when connecting.
import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, createWebhookSubscription, publish, waitForDeliveries } from '../kit/graphql-client.js';
import { startReceiver } from '../kit/receiver.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway({ env: { CARILLON_ALLOW_NETWORKS: '' } });
});

after(() => gateway.stop());

test('loopback in every spelling is refused when it is given', async () => {
  const hosts = ['127.0.0.1', 'localhost', 'LOCALHOST.', 'a.localhost', '2130706433', '0x7f.1', '0177.0.0.1', '127.1'];
  hosts.push('[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0', '１２７.０.０.１');
  const query = `mutation ($url: String!) {
    createWebhookSubscription(input: { url: $url, eventTypes: ["*"] }) { secret userErrors { code field } }
  }`;
  for (const host of hosts) {
    const { createWebhookSubscription: payload } = await gateway.request(query, { url: `http://${host}:4000/` });
    const userErrors = [{ code: 'URL_FORBIDDEN', field: 'input.url' }];
    assert.deepEqual(payload, { secret: null, userErrors }, host);
  }
});

test('a name that leads inside is refused when connecting, and the attempt says so', async (t) => {
  const name = hostname();
  const addresses = await lookup(name, { all: true }).catch(() => []);
  if (!addresses.some(({ address }) => /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(address))) {
    t.skip(`this machine's name does not lead to a private address`);
    return;
  }
  const receiver = await startReceiver();
  t.after(() => receiver.close());
  await createEventType(gateway.request, { name: 'tick' });
  await createWebhookSubscription(gateway.request, { url: `http://${name}:${receiver.port}/` });
  const event = await publish(gateway.request, { type: 'tick', data: 1 });
  const [refused] = await waitForDeliveries(gateway.request, event.id, { status: 'RETRYING' });
  const [attempt] = refused?.attempts ?? [];
  assert.deepEqual([attempt?.error?.stage, attempt?.statusCode], ['GUARD', null]);
  for (const { address } of addresses) assert.ok(!attempt?.error?.message.includes(address));
  assert.equal(receiver.requests.length, 0);
});
