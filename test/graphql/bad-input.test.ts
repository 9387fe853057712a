// Events and event types that must be refused, over real HTTP: each names its code, its field and the limit, and leaves
// nothing behind. Webhook subscriptions and the rest: bad-subscription.test.ts; pages: bad-page.test.ts; documents and
// bodies that are refused before any value is looked at: bad-document.test.ts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, publish } from '../kit/graphql-client.js';
import { assertAllRefused, assertRefused, long, type MutationCase, nest } from '../kit/refusals.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'order.created', schema: orderSchema });
  await createEventType(gateway.request, { name: 'anything' });
  await createEventType(gateway.request, { name: 'gone.by' });
  await gateway.request('mutation { archiveEventType(input: { name: "gone.by" }) { eventType { id } } }');
  await publish(gateway.request, { type: 'anything', data: 1, id: 'own-id', idempotencyKey: 'used' });
});

after(() => gateway.stop());

const orderSchema = {
  type: 'object',
  properties: {
    items: { type: 'array', items: { type: 'object', properties: { price: { type: 'number' } } } },
    'a.b': { type: 'string' },
  },
  required: ['items'],
  additionalProperties: false,
};

test('an event is refused for its type, its data and each of its attributes', async () => {
  const event = (input: object): MutationCase[1] => ({ type: 'anything', data: 1, ...input });
  const order = (data: unknown): MutationCase[1] => ({ type: 'order.created', data });
  await assertAllRefused(gateway, [
    ['publishEvent', { type: 'no.such', data: 1 }, 'EVENT_TYPE_UNKNOWN', 'input.type', /"no\.such"/],
    ['publishEvent', { type: '', data: 1 }, 'EVENT_TYPE_UNKNOWN', 'input.type'],
    ['publishEvent', { type: 'gone.by', data: 1 }, 'EVENT_TYPE_UNKNOWN', 'input.type', /archived/],
    ['publishEvent', { type: 'carillon.test', data: 1 }, 'EVENT_TYPE_UNKNOWN', 'input.type'],
    ['publishEvent', { type: '__proto__', data: 1 }, 'EVENT_TYPE_UNKNOWN', 'input.type'],
    ['publishEvent', { type: 'anything\u0000', data: 1 }, 'EVENT_TYPE_UNKNOWN', 'input.type'],
    ['publishEvent', { type: long(100_000), data: 1 }, 'EVENT_TYPE_UNKNOWN', 'input.type'],
    ['publishEvent', order({}), 'DATA_INVALID', 'input.data', /items/],
    ['publishEvent', { type: 'order.created' }, 'DATA_INVALID', 'input.data', /must be object/],
    ['publishEvent', order([]), 'DATA_INVALID', 'input.data', /must be object/],
    ['publishEvent', order({ items: [{}, { price: '1' }] }), 'DATA_INVALID', 'input.data.items.1.price', /number/],
    ['publishEvent', order({ items: [], 'a.b': 1 }), 'DATA_INVALID', 'input.data.a.b', /must be string/],
    ['publishEvent', order({ items: [], more: 1 }), 'DATA_INVALID', 'input.data', /"more"/],
    ['publishEvent', order(JSON.parse('{"items": [], "__proto__": 1}')), 'DATA_INVALID', 'input.data', /__proto__/],
    ['publishEvent', event({ data: long(262_143) }), 'TOO_LARGE', 'input.data', /262144.*262145/],
    ['publishEvent', event({ data: '€'.repeat(100_000) }), 'TOO_LARGE', 'input.data', /262144.*300002/],
    ['publishEvent', event({ id: '' }), 'INVALID_INPUT', 'input.id', /1 to 128/],
    ['publishEvent', event({ id: long(129) }), 'INVALID_INPUT', 'input.id', /1 to 128/],
    ['publishEvent', event({ id: 'a.b' }), 'INVALID_INPUT', 'input.id', /dot/],
    ['publishEvent', event({ id: 'a b' }), 'INVALID_INPUT', 'input.id'],
    ['publishEvent', event({ id: 'é' }), 'INVALID_INPUT', 'input.id', /ASCII/],
    ['publishEvent', event({ id: 'a\u0000' }), 'INVALID_INPUT', 'input.id'],
    ['publishEvent', event({ id: `evt_${'0'.repeat(24)}` }), 'INVALID_INPUT', 'input.id', /gateway makes/],
    ['publishEvent', event({ id: 'own-id', data: 2 }), 'IDEMPOTENCY_KEY_REUSED', 'input.id'],
    ['publishEvent', event({ idempotencyKey: '' }), 'INVALID_INPUT', 'input.idempotencyKey', /1 to 256/],
    ['publishEvent', event({ idempotencyKey: long(257) }), 'INVALID_INPUT', 'input.idempotencyKey', /256.*257/],
    ['publishEvent', event({ idempotencyKey: 'used', data: 2 }), 'IDEMPOTENCY_KEY_REUSED', 'input.idempotencyKey'],
    ['publishEvent', event({ source: '' }), 'INVALID_INPUT', 'input.source', /2048/],
    ['publishEvent', event({ source: 'a b' }), 'INVALID_INPUT', 'input.source', /URI/],
    ['publishEvent', event({ source: '%zz' }), 'INVALID_INPUT', 'input.source', /URI/],
    ['publishEvent', event({ source: long(2049) }), 'INVALID_INPUT', 'input.source', /2048/],
    ['publishEvent', event({ subject: '' }), 'INVALID_INPUT', 'input.subject', /1 to 1024/],
    ['publishEvent', event({ subject: long(1025) }), 'INVALID_INPUT', 'input.subject', /1024.*1025/],
    ['publishEvent', event({ subject: 'a\u0000b' }), 'INVALID_INPUT', 'input.subject', /control/],
    ['publishEvent', event({ application: 'app_0' }), 'NOT_FOUND', 'input.application'],
    ['publishEvent', event({ application: '' }), 'NOT_FOUND', 'input.application'],
  ]);
});

test('a list of events is refused as a whole, and names the event at fault', async () => {
  const ok = { type: 'anything', data: 1 };
  const list = (...events: readonly object[]): MutationCase[1] => ({ events });
  const many = (count: number): object[] => Array.from({ length: count }, () => ok);
  await assertAllRefused(gateway, [
    ['publishEvents', list(), 'INVALID_INPUT', 'input.events', /1 to 1000 .*has 0/],
    ['publishEvents', list(...many(1001)), 'INVALID_INPUT', 'input.events', /1 to 1000 .*has 1001/],
    ['publishEvents', list(...many(999), { type: 'no.such' }), 'EVENT_TYPE_UNKNOWN', 'input.events.999.type'],
    [
      'publishEvents',
      list(ok, { type: 'order.created', data: { items: 1 } }),
      'DATA_INVALID',
      'input.events.1.data.items',
    ],
    ['publishEvents', list(ok, { ...ok, data: long(262_200) }), 'TOO_LARGE', 'input.events.1.data', /262144/],
    [
      'publishEvents',
      list(ok, { ...ok, idempotencyKey: 'used', data: 2 }),
      'IDEMPOTENCY_KEY_REUSED',
      'input.events.1.idempotencyKey',
    ],
    ['publishEvents', list(ok, { ...ok, id: 'own-id', data: 2 }), 'IDEMPOTENCY_KEY_REUSED', 'input.events.1.id'],
    [
      'publishEvents',
      list(ok, { ...ok, idempotencyKey: 'new', id: 'own-id', data: 2 }),
      'IDEMPOTENCY_KEY_REUSED',
      'input.events.1.id',
    ],
    [
      'publishEvents',
      list({ ...ok, idempotencyKey: 'twice' }, { ...ok, idempotencyKey: 'twice', data: 2 }),
      'IDEMPOTENCY_KEY_REUSED',
      'input.events.1.idempotencyKey',
    ],
    [
      'publishEvents',
      list({ ...ok, id: 'twice' }, { ...ok, id: 'twice', data: 2 }),
      'IDEMPOTENCY_KEY_REUSED',
      'input.events.1.id',
    ],
  ]);
});

test('names of event types keep to their grammar and do not collide', async () => {
  const bad = ['', ' ', 'Order.created', 'order..created', '.order', 'order.', 'order_', '1order', 'order-created'];
  bad.push(' order', 'order\n', long(129), 'carillon.mine', 'carillon', '__proto__', 'caf\u00e9', 'cafe\u0301');
  bad.push('\u202eredro', 'סדר', 'оrder', 'order🎉', 'order\u0000', 'order.*', '*', long(100_000));
  await assertAllRefused(gateway, [
    ...bad.map((name): MutationCase => ['createEventType', { name }, 'NAME_INVALID', 'input.name', /./]),
    ['createEventType', { name: long(129) }, 'NAME_INVALID', 'input.name', /128.*129/],
    ['createEventType', { name: 'order.created' }, 'NAME_TAKEN', 'input.name'],
    ['createEventType', { name: 'order_created' }, 'NAME_TAKEN', 'input.name', /separators/],
    ['createEventType', { name: 'gone_by' }, 'NAME_TAKEN', 'input.name'],
    ['createEventType', { name: 'new.one', description: long(4097) }, 'INVALID_INPUT', 'input.description', /4096/],
    ['createEventType', { name: 'new.one', description: 'a\u0000' }, 'INVALID_INPUT', 'input.description', /control/],
    ['updateEventType', { name: 'no.such', description: 'x' }, 'NOT_FOUND', 'input.name'],
    ['archiveEventType', { name: 'no.such' }, 'NOT_FOUND', 'input.name'],
    ['deleteEventType', { name: 'no.such' }, 'NOT_FOUND', 'input.name'],
    ['deleteEventType', { name: 'anything' }, 'IN_USE', 'input.name', /evt_|own-id/],
  ]);
});

test('schemas that do not compile, reach outside, or could run for ever are refused', async () => {
  const type = (schemaOf: unknown, more: object = {}): object => ({ name: 'new.one', schema: schemaOf, ...more });
  const properties = (pattern: string): object => ({ type: 'object', properties: { a: { type: 'string', pattern } } });
  await assertAllRefused(gateway, [
    ['createEventType', type({ type: 'nothing' }), 'SCHEMA_INVALID', 'input.schema.type'],
    ['createEventType', type({ properties: 3 }), 'SCHEMA_INVALID', 'input.schema.properties'],
    ['createEventType', type('string'), 'SCHEMA_INVALID', 'input.schema'],
    ['createEventType', type([]), 'SCHEMA_INVALID', 'input.schema'],
    ['createEventType', type(true), 'SCHEMA_INVALID', 'input.schema'],
    ['createEventType', type({ $ref: 'https://example.com/a.json' }), 'SCHEMA_INVALID', 'input.schema', /example\.com/],
    ['createEventType', type({ $ref: '#/definitions/none' }), 'SCHEMA_INVALID', 'input.schema'],
    [
      'createEventType',
      type({ $schema: 'http://json-schema.org/draft-04/schema#' }),
      'SCHEMA_INVALID',
      'input.schema.$schema',
    ],
    ['createEventType', type(properties('(?=a)b')), 'SCHEMA_INVALID', 'input.schema', /lookahead/],
    ['createEventType', type(properties('(a)\\1')), 'SCHEMA_INVALID', 'input.schema', /backreference/],
    ['createEventType', type(properties('(a{1000}){1000}')), 'SCHEMA_INVALID', 'input.schema', /1,000|costly/],
    ['createEventType', type(properties('^(a+)+$')), 'SCHEMA_INVALID', 'input.schema', /repeats a repetition/],
    ['createEventType', type(properties('(')), 'SCHEMA_INVALID', 'input.schema', /regular expression|parse/],
    ['createEventType', type(nest(65, (inner) => ({ not: inner }), {})), 'SCHEMA_INVALID', 'input.schema', /64/],
    ['createEventType', type({ description: long(262_200) }), 'TOO_LARGE', 'input.schema', /262144/],
    ['createEventType', type(orderSchema, { example: { items: 'x' } }), 'DATA_INVALID', 'input.example.items'],
    ['updateEventType', { name: 'order.created', schema: { type: 7 } }, 'SCHEMA_INVALID', 'input.schema.type'],
    ['updateEventType', { name: 'order.created', example: {} }, 'DATA_INVALID', 'input.example'],
  ]);
});

test('a pattern that makes other engines backtrack for ever is harmless', async (t) => {
  const pattern = '^(a|aa)+$';
  await createEventType(gateway.request, { name: 'evil', schema: { type: 'string', pattern } });
  const startedMs = performance.now();
  await assertRefused(gateway, [
    'publishEvent',
    { type: 'evil', data: `${'a'.repeat(100_000)}!` },
    'DATA_INVALID',
    'input.data',
  ]);
  const tookMs = performance.now() - startedMs;
  t.diagnostic(`100,000 characters against ${pattern}: ${Math.round(tookMs)} ms`);
  assert.ok(tookMs < 5000, `took ${tookMs} ms`);
});
