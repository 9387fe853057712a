// Secrets are shown once and kept encrypted: looked for, as text and as bytes, in everything the program wrote.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createEventType,
  createKey,
  createWebhookSubscription,
  liveEvents,
  openLive,
  publish,
  waitForDeliveries,
} from '../kit/graphql-client.js';
import { startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway({ env: { LOG_LEVEL: 'trace' } });
});

after(() => gateway.stop());

test('no key, signing secret or credential of a receiver is in a log, an answer or a file of the store', async (t) => {
  const receiver = await startReceiver({ respond: () => ({ status: 410 }) });
  t.after(() => receiver.close());
  await createEventType(gateway.request, { name: 'tick' });
  const given = `whsec_${Buffer.alloc(24, 'given-secret').toString('base64')}`;
  const { key } = await createKey(gateway.request, 'READER');
  const { id } = await createWebhookSubscription(gateway.request, {
    url: receiver.url,
    secret: given,
    headers: [{ name: 'authorization', value: 'Bearer of-the-receiver' }],
  });
  const made = (await createWebhookSubscription(gateway.request, { url: receiver.url })).secret;
  const { rotateWebhookSecret } = await gateway.request(
    'mutation ($id: ID!) { rotateWebhookSecret(input: { id: $id }) { secret } }',
    { id },
  );
  const createTrigger = `mutation ($input: CreateTriggerInput!) {
    createTrigger(input: $input) { trigger { id } userErrors { code field message } }
  }`;
  const configurations = [
    {
      inboundWebhook: {
        verification: { github: { secret: 'secret-of-the-sender' } },
        metaVerifyToken: 'token-of-meta',
      },
    },
    {
      changeStream: {
        uri: 'mongodb://user:password-of-a-database@127.0.0.1:9/',
        database: 'other',
        collection: 'orders',
      },
    },
  ];
  for (const [n, configuration] of configurations.entries()) {
    const input = { name: `secret_${n}`, eventType: 'tick', configuration };
    assert.deepEqual((await gateway.request(createTrigger, { input })).createTrigger.userErrors, []);
  }
  const readTriggers =
    '{ triggers { nodes { id configuration { __typename } counts { lastError { message sample } } } } }';
  // Nobody listens there: what is told of that must not tell how one signs in.
  const told = await until({ what: 'the error of the change stream', withinMs: 30_000 }, async () => {
    const { triggers } = await gateway.request(readTriggers);
    return triggers.nodes.some(({ counts }) => counts.lastError !== null) && triggers;
  });
  const { triggers } = await gateway.request('{ triggers { nodes { id } } }');
  const refused = await fetch(`${gateway.url}/triggers/${triggers.nodes[1]?.id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': 'sha256=00' },
    body: '{}',
  });
  assert.equal(refused.status, 401);
  const event = await publish(gateway.request, { type: 'tick', data: 1 });
  await waitForDeliveries(gateway.request, event.id, { status: 'EXHAUSTED', count: 2 });
  assert.ok(receiver.requests.some(({ headers }) => headers['authorization'] === 'Bearer of-the-receiver'));
  const live = openLive(gateway.url, key, liveEvents, { since: '2020-01-01T00:00:00Z' });
  await live.next(1);
  await live.close();
  await gateway.send('{ viewer { role } }', {}, 'crl_a-wrong-key');
  const shown = await gateway.send(`{
    apiKeys { nodes { id name hint } }
    webhookSubscriptions { nodes { id url headers { name value } statusReason } }
    deliveries { nodes { attempts { url responseHeaders { name value } responseBody } } }
  }`);

  const ended = await gateway.kill('SIGTERM');
  const secrets = [
    gateway.adminKey,
    key,
    given,
    made,
    rotateWebhookSecret.secret ?? '',
    'of-the-receiver',
    'crl_a-wrong-key',
    'secret-of-the-sender',
    'token-of-meta',
    'password-of-a-database',
  ];
  const needles = secrets.flatMap((secret) => {
    assert.ok(secret.length > 10);
    const bytes = secret.startsWith('whsec_') ? [Buffer.from(secret.slice('whsec_'.length), 'base64')] : [];
    return [Buffer.from(secret), Buffer.from(secret.slice(6)), ...bytes];
  });
  const places = new Map([
    ['the log', Buffer.from(ended.stderr)],
    ['an answer', Buffer.from(shown.text)],
    ['an answer about triggers', Buffer.from(JSON.stringify(told))],
  ]);
  for (const name of await readdir(gateway.dataDir)) {
    if (!name.endsWith('.key')) places.set(name, await readFile(join(gateway.dataDir, name)));
  }
  assert.match(ended.stderr, /A webhook subscription is disabled/);
  for (const [place, bytes] of places) {
    for (const [index, needle] of needles.entries())
      assert.ok(!bytes.includes(needle), `secret ${index} is in ${place}`);
  }
});
