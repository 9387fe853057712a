// Pages and arguments of queries that must be refused, over real HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isObjectType } from 'graphql';
import { encodeCursor } from '../../src/event/cursor.js';
import { createSchema } from '../../src/graphql/schema.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createApplication, createEventType, createWebhookSubscription, publish } from '../kit/graphql-client.js';
import { shorten } from '../kit/refusals.js';

const schema = createSchema();
let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'anything' });
  await createApplication(gateway.request, 'One');
  await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' });
  await publish(gateway.request, { type: 'anything', data: 1, id: 'own-id' });
});

after(() => gateway.stop());

/** Every paged field of the query type, and of a record; with what stands around it. */
const pagedFields: readonly (readonly [name: string, document: (args: string) => string])[] = [
  ...[
    'applications',
    'apiKeys',
    'eventTypes',
    'events',
    'webhookSubscriptions',
    'deliveries',
    'deliveryAttempts',
    'replays',
    'triggers',
    'connections',
  ].map((name) => [name, (args: string) => `{ ${name}(${args}) { nodes { id } } }`] as const),
  ['Event.deliveries', (args) => `{ events(first: 1) { nodes { deliveries(${args}) { nodes { id } } } } }`],
  [
    'WebhookSubscription.deliveries',
    (args) => `{ webhookSubscriptions(first: 1) { nodes { deliveries(${args}) { nodes { id } } } } }`,
  ],
  ['Application.apiKeys', (args) => `{ applications(first: 1) { nodes { apiKeys(${args}) { nodes { id } } } } }`],
];

test('pages are bounded and begin where a cursor of their own list says', async () => {
  const paged = Object.values(schema.getTypeMap())
    .flatMap((type) => (isObjectType(type) ? Object.values(type.getFields()) : []))
    .filter((field) => field.args.some(({ name }) => name === 'after') && field.name !== 'events');
  // `events` is paged too, and a subscription of the same name.
  assert.equal(paged.length + 1, pagedFields.length, 'a paged field has no case');
  for (const [name, document] of pagedFields) {
    for (const first of [101, 0, -1, 2_147_483_647]) {
      const { errors } = await gateway.send(document(`first: ${first}`));
      const [error] = errors;
      assert.deepEqual(
        [error?.extensions?.code, error?.extensions?.field],
        ['INVALID_INPUT', 'first'],
        `${name} ${first}`,
      );
      assert.match(error?.message ?? '', /1 to 100/);
    }
    const foreign = encodeCursor({ logId: '00000000', sequence: 1 });
    for (const after of ['', 'nonsense', foreign, `${foreign}x`, '\u0000', 'é'.repeat(3000)]) {
      const { errors } = await gateway.send(document(`first: 1, after: ${JSON.stringify(after)}`));
      assert.deepEqual(
        [errors[0]?.extensions?.code, errors[0]?.extensions?.field],
        ['CURSOR_INVALID', 'after'],
        `${name} ${shorten(after)}`,
      );
    }
  }
  const attempts = await gateway.send('{ deliveries { nodes { attempts(first: 101) { number } } } }');
  assert.deepEqual(attempts.errors.map(({ extensions }) => extensions?.field).slice(0, 1), ['first']);
});

test('what a query asks for is checked too', async () => {
  const cases: readonly (readonly [document: string, code: string, field: string])[] = [
    [`{ nodes(ids: [${'"x",'.repeat(101)}]) { id } }`, 'INVALID_INPUT', 'ids'],
    ['{ events(types: []) { nodes { id } } }', 'INVALID_INPUT', 'types'],
    [`{ events(types: [${'"a",'.repeat(101)}]) { nodes { id } } }`, 'INVALID_INPUT', 'types'],
    ['{ events(types: ["a", "B"]) { nodes { id } } }', 'NAME_INVALID', 'types.1'],
  ];
  for (const [document, code, field] of cases) {
    const { errors } = await gateway.send(document);
    assert.deepEqual([errors[0]?.extensions?.code, errors[0]?.extensions?.field], [code, field], document.slice(0, 80));
  }
  const nothing = `{
    a: node(id: "evt_none") { id } b: node(id: "") { id } c: event(id: "__proto__") { id }
    d: delivery(id: "dlv_0") { id } e: webhookSubscription(id: "x") { id } f: application(id: "\\u0000") { id }
    g: eventType(name: "No") { id } h: nodes(ids: ["key_0", "att_0", "ety_0"]) { id }
  }`;
  assert.deepEqual(Object.values(await gateway.request(nothing)), [
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    [null, null, null],
  ]);
});
