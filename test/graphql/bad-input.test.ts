// Values that must be refused, over real HTTP: each names its code, its field and the limit, and leaves nothing behind.
// Documents and bodies that are refused before any value is looked at: bad-document.test.ts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isNonNullType } from 'graphql';
import { encodeCursor } from '../../src/event/cursor.js';
import { createSchema } from '../../src/graphql/schema.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createWebhookSubscription,
  liveEvents,
  openLive,
  publish,
} from '../kit/graphql-client.js';

const schema = createSchema();
let gateway: Gateway;
/** Records that the cases refer to. */
let applicationId: string;
let subscriptionId: string;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'order.created', schema: orderSchema });
  await createEventType(gateway.request, { name: 'anything' });
  await createEventType(gateway.request, { name: 'gone.by' });
  await gateway.request('mutation { archiveEventType(input: { name: "gone.by" }) { eventType { id } } }');
  applicationId = (await createApplication(gateway.request, 'One')).id;
  await gateway.request(
    'mutation ($id: ID!) { updateApplication(input: { id: $id, externalId: "taken" }) { application { id } } }',
    { id: applicationId },
  );
  subscriptionId = (await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' })).id;
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

/** Everything there is, to see that nothing was written. */
async function readAll(): Promise<unknown> {
  return gateway.request(`{
    eventTypes(first: 100) { nodes { id name version status description schema example updatedAt } }
    applications(first: 100) { nodes { id name externalId updatedAt } }
    apiKeys(first: 100) { nodes { id revokedAt } }
    webhookSubscriptions(first: 100) { nodes { id name url status eventTypes filter headers { name value } updatedAt } }
    events(first: 100) { nodes { id sequence deliveries { nodes { id } } } }
  }`);
}

/** Calls a mutation and asks for every field of its payload, objects by their type name. */
async function callMutation(name: string, input: unknown): Promise<Record<string, unknown>> {
  const field = schema.getMutationType()?.getFields()[name] ?? assert.fail(name);
  const payload = isNonNullType(field.type) ? field.type.ofType : field.type;
  const fields = 'getFields' in payload ? Object.values(payload.getFields()) : assert.fail();
  const selection = fields.map(({ name: part, type }) => {
    if (part === 'userErrors') return 'userErrors { code field message }';
    return /^(ID|String|Boolean|DateTime|\[ID!\]!)!?$/.test(String(type)) ? part : `${part} { __typename }`;
  });
  const document = `mutation ($input: ${field.args[0]?.type}) { ${name}(input: $input) { ${selection.join(' ')} } }`;
  const answers: unknown = await gateway.request(document, { input });
  return Object(Reflect.get(Object(answers), name));
}

/** A mutation that is refused: its input, code and field, and what the message says. */
type MutationCase = readonly [name: string, input: object, code: string, field: string, message?: RegExp];

async function assertRefused([name, input, code, field, message]: MutationCase): Promise<void> {
  const { userErrors, ...rest } = await callMutation(name, input);
  const [error, ...others]: { code: string; field: string; message: string }[] = Array.isArray(userErrors)
    ? userErrors
    : [];
  assert.deepEqual([error?.code, error?.field, others], [code, field, []], `${name} ${shorten(input)}`);
  assert.match(error?.message ?? '', message ?? /./, `${name} ${shorten(input)}`);
  assert.ok((error?.message.length ?? 0) < 1200, `${name} ${shorten(input)} answers a very long message`);
  const written = Object.entries(rest).filter(([, value]) => value !== null && value !== false && !isEmptyList(value));
  assert.deepEqual(written, [], `${name} ${shorten(input)}`);
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const shorten = (value: unknown): string => JSON.stringify(value).slice(0, 300);

/** Runs all cases and sees that everything is as it was. */
async function assertAllRefused(cases: readonly MutationCase[]): Promise<void> {
  const was = await readAll();
  for (const one of cases) await assertRefused(one);
  assert.deepEqual(await readAll(), was);
}

const long = (length: number): string => 'x'.repeat(length);
const nest = (depth: number, wrap: (inner: unknown) => unknown, inner: unknown): unknown =>
  depth === 0 ? inner : nest(depth - 1, wrap, wrap(inner));

test('an event is refused for its type, its data and each of its attributes', async () => {
  const event = (input: object): MutationCase[1] => ({ type: 'anything', data: 1, ...input });
  const order = (data: unknown): MutationCase[1] => ({ type: 'order.created', data });
  await assertAllRefused([
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
  await assertAllRefused([
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
  await assertAllRefused([
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
  await assertAllRefused([
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
    ['createEventType', type(properties('(')), 'SCHEMA_INVALID', 'input.schema', /regular expression|parse/],
    ['createEventType', type(nest(65, (inner) => ({ not: inner }), {})), 'SCHEMA_INVALID', 'input.schema', /64/],
    ['createEventType', type({ description: long(262_200) }), 'TOO_LARGE', 'input.schema', /262144/],
    ['createEventType', type(orderSchema, { example: { items: 'x' } }), 'DATA_INVALID', 'input.example.items'],
    ['updateEventType', { name: 'order.created', schema: { type: 7 } }, 'SCHEMA_INVALID', 'input.schema.type'],
    ['updateEventType', { name: 'order.created', example: {} }, 'DATA_INVALID', 'input.example'],
  ]);
});

test('a pattern that makes other engines backtrack for ever is harmless', async (t) => {
  const pattern = '^(a+)+$';
  await createEventType(gateway.request, { name: 'evil', schema: { type: 'string', pattern } });
  const startedMs = performance.now();
  await assertRefused([
    'publishEvent',
    { type: 'evil', data: `${'a'.repeat(100_000)}!` },
    'DATA_INVALID',
    'input.data',
  ]);
  const tookMs = performance.now() - startedMs;
  t.diagnostic(`100,000 characters against ${pattern}: ${Math.round(tookMs)} ms`);
  assert.ok(tookMs < 5000, `took ${tookMs} ms`);
});

/** Filters that are refused, with the path that leads to what is wrong with them. */
const badFilters: readonly (readonly [filter: unknown, code: string, path: string, message?: RegExp])[] = [
  [{ 'data.a': { $near: 1 } }, 'FILTER_INVALID', '.data.a.$near', /\$near/],
  [{ $where: 'while(true){}' }, 'FILTER_INVALID', '.$where', /\$where/],
  [{ $and: [{ $where: 'true' }] }, 'FILTER_INVALID', '.$and.0.$where'],
  [{ $expr: { $eq: [1, 1] } }, 'FILTER_INVALID', '.$expr'],
  [{ 'data.a': { $in: 3 } }, 'FILTER_INVALID', '.data.a.$in'],
  [{ 'data.a': { $regex: '(?=x)' } }, 'FILTER_INVALID', '.data.a.$regex', /lookahead/],
  [{ 'data.a': { $regex: '(' } }, 'FILTER_INVALID', '.data.a.$regex'],
  [{ owner: 1 }, 'FILTER_INVALID', '.owner', /attribute/],
  [{ 'data..a': 1 }, 'FILTER_INVALID', '.data..a'],
  [JSON.parse('{"__proto__": 1}'), 'FILTER_INVALID', '.__proto__', /attribute/],
  [{ constructor: { prototype: 1 } }, 'FILTER_INVALID', '.constructor', /attribute/],
  [nest(100, (inner) => ({ $and: [inner] }), { type: 'a' }), 'FILTER_INVALID', '', /16/],
  [nest(100, (inner) => ({ $not: inner }), { $gt: 1 }), 'FILTER_INVALID', '', /16|attribute/],
  [{ $or: Array.from({ length: 201 }, (_, n) => ({ 'data.n': n })) }, 'FILTER_INVALID', '', /200/],
  [{ 'data.a': long(17_000) }, 'TOO_LARGE', '', /16384/],
  [[], 'FILTER_INVALID', ''],
  ['data.a > 1', 'FILTER_INVALID', ''],
  [7, 'FILTER_INVALID', ''],
];

test('a filter is refused in the same words wherever one is given', async () => {
  const was = await readAll();
  for (const [filter, code, path, message = /./] of badFilters) {
    const field = (root: string): RegExp =>
      new RegExp(`^${`${root}.filter${path}`.replace(/^\./, '').replaceAll(/[.$]/g, '\\$&')}`);
    const input = { url: 'http://127.0.0.1:9/', eventTypes: ['*'], filter };
    const told: { code?: string; field?: string; message: string }[] = [];
    for (const [name, one] of [
      ['createWebhookSubscription', input],
      ['updateWebhookSubscription', { id: subscriptionId, filter }],
    ] as const) {
      const { userErrors } = await callMutation(name, one);
      const [error] = Array.isArray(userErrors) ? userErrors : [];
      assert.match(String(error?.field), field('input'), shorten(filter));
      told.push(error);
    }
    const query = 'query ($filter: JSON) { events(filter: $filter) { nodes { id } } }';
    const asked = await gateway.send(query, { filter });
    const live = openLive(gateway.url, gateway.adminKey, liveEvents, { filter });
    const end = await live.ended;
    await live.close();
    const shown = end.kind === 'errors' ? end.errors : (live.results[0]?.errors ?? []);
    for (const error of [asked.errors[0], shown[0]]) {
      assert.match(String(error?.extensions?.field), field(''), shorten(filter));
      told.push({ message: error?.message ?? '', ...error?.extensions });
    }
    for (const error of told) {
      assert.equal(error.code, code, shorten(filter));
      assert.match(error.message, message, shorten(filter));
    }
  }
  assert.deepEqual(await readAll(), was);
});

test('a webhook subscription is refused for its URL, types, headers, secret, name and owner', async () => {
  const url = 'https://example.com/';
  const sub = (input: object): object => ({ url, eventTypes: ['*'], ...input });
  const header = (name: string, value: string): object => sub({ headers: [{ name, value }] });
  const invalid = ['', 'nonsense', '/path', '//example.com', 'ftp://example.com', 'javascript:alert(1)', 'http://'];
  invalid.push(
    'http:///x',
    'https://user:password@example.com/',
    'https://user@example.com/',
    'https://example.com/#x',
  );
  invalid.push(
    'https://exa mple.com/',
    'https://example.com:0/',
    'https://example.com:99999/',
    'https:\\\\example.com',
  );
  invalid.push(`https://example.com/${long(2048)}`, 'https://example.com/\u0000', 'https://..example.com/');
  const inside = ['http://10.0.0.1/', 'http://192.168.1.1:8080/x', 'http://169.254.169.254/latest/meta-data'];
  inside.push(
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://0x0a000001/',
    'http://167772161/',
    'http://012.0.0.1/',
  );
  inside.push(
    'http://0.0.0.0/',
    'http://[fd00::1]/',
    'http://172.16.0.1./',
    'http://100.64.0.1/',
    'http://[64:ff9b::a00:1]/',
  );
  await assertAllRefused([
    ...invalid.map((bad): MutationCase => ['createWebhookSubscription', sub({ url: bad }), 'URL_INVALID', 'input.url']),
    ...inside.map(
      (bad): MutationCase => ['createWebhookSubscription', sub({ url: bad }), 'URL_FORBIDDEN', 'input.url'],
    ),
    ['updateWebhookSubscription', { id: subscriptionId, url: 'http://10.1.1.1/' }, 'URL_FORBIDDEN', 'input.url'],
    ['createWebhookSubscription', sub({ eventTypes: [] }), 'INVALID_INPUT', 'input.eventTypes', /1 to 100 .*0/],
    [
      'createWebhookSubscription',
      sub({ eventTypes: Array.from({ length: 101 }, (_, n) => `a.b${n}`) }),
      'INVALID_INPUT',
      'input.eventTypes',
      /1 to 100 .*101/,
    ],
    ['createWebhookSubscription', sub({ eventTypes: ['*', 'Order'] }), 'NAME_INVALID', 'input.eventTypes.1'],
    ['createWebhookSubscription', sub({ eventTypes: ['order*'] }), 'NAME_INVALID', 'input.eventTypes.0'],
    ['createWebhookSubscription', sub({ eventTypes: ['*.created'] }), 'NAME_INVALID', 'input.eventTypes.0'],
    [
      'createWebhookSubscription',
      sub({ eventTypes: ['anything', 'no.such'] }),
      'EVENT_TYPE_UNKNOWN',
      'input.eventTypes.1',
    ],
    ['createWebhookSubscription', header('Content-Type', 'text/plain'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('webhook-signature', 'v1,x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('Host', 'example.org'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('Transfer-Encoding', 'chunked'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('', 'x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('x y', 'x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('x-é', 'x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header(long(129), 'x'), 'HEADER_INVALID', 'input.headers.0.name', /128/],
    ['createWebhookSubscription', header('x-a', ''), 'HEADER_INVALID', 'input.headers.0.value', /4096/],
    ['createWebhookSubscription', header('x-a', 'a\r\nx-b: c'), 'HEADER_INVALID', 'input.headers.0.value'],
    ['createWebhookSubscription', header('x-a', 'a\u0000'), 'HEADER_INVALID', 'input.headers.0.value'],
    ['createWebhookSubscription', header('x-a', 'é'), 'HEADER_INVALID', 'input.headers.0.value', /ASCII/],
    ['createWebhookSubscription', header('x-a', long(4097)), 'HEADER_INVALID', 'input.headers.0.value', /4096/],
    [
      'createWebhookSubscription',
      sub({
        headers: [
          { name: 'x-a', value: '1' },
          { name: 'X-A', value: '2' },
        ],
      }),
      'HEADER_INVALID',
      'input.headers.1.name',
      /twice/,
    ],
    [
      'createWebhookSubscription',
      sub({ headers: Array.from({ length: 21 }, (_, n) => ({ name: `x-${n}`, value: '1' })) }),
      'HEADER_INVALID',
      'input.headers',
      /20/,
    ],
    ['createWebhookSubscription', sub({ secret: 'whsec_c2hvcnQ=' }), 'INVALID_INPUT', 'input.secret', /24 to 64/],
    ['createWebhookSubscription', sub({ secret: `whsec_${'*'.repeat(32)}` }), 'INVALID_INPUT', 'input.secret'],
    ['createWebhookSubscription', sub({ secret: '' }), 'INVALID_INPUT', 'input.secret', /whsec_/],
    ['createWebhookSubscription', sub({ name: '' }), 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createWebhookSubscription', sub({ name: long(129) }), 'INVALID_INPUT', 'input.name', /128.*129/],
    ['createWebhookSubscription', sub({ name: 'a\u0000b' }), 'INVALID_INPUT', 'input.name', /control/],
    ['createWebhookSubscription', sub({ application: 'app_none' }), 'NOT_FOUND', 'input.application'],
  ]);
});

test('changes of what is not there, or not like this, are refused', async () => {
  const none = `sub_${'0'.repeat(24)}`;
  await assertAllRefused([
    ['updateWebhookSubscription', { id: none, name: 'x' }, 'NOT_FOUND', 'input.id'],
    ['pauseWebhookSubscription', { id: none }, 'NOT_FOUND', 'input.id'],
    ['pauseWebhookSubscription', { id: subscriptionId, reason: long(257) }, 'INVALID_INPUT', 'input.reason', /256/],
    ['resumeWebhookSubscription', { id: none }, 'NOT_FOUND', 'input.id'],
    ['deleteWebhookSubscription', { id: '' }, 'NOT_FOUND', 'input.id'],
    ['rotateWebhookSecret', { id: none }, 'NOT_FOUND', 'input.id'],
    [
      'rotateWebhookSecret',
      { id: subscriptionId, overlapSeconds: -1 },
      'INVALID_INPUT',
      'input.overlapSeconds',
      /604800/,
    ],
    [
      'rotateWebhookSecret',
      { id: subscriptionId, overlapSeconds: 604_801 },
      'INVALID_INPUT',
      'input.overlapSeconds',
      /604800/,
    ],
    ['rotateWebhookSecret', { id: subscriptionId, secret: 'whsec_' }, 'INVALID_INPUT', 'input.secret', /24 to 64/],
    ['sendTestEvent', { id: none }, 'NOT_FOUND', 'input.id'],
    ['sendTestEvent', { id: subscriptionId, data: long(262_200) }, 'TOO_LARGE', 'input.data', /262144/],
    ['retryDelivery', { id: 'dlv_none' }, 'NOT_FOUND', 'input.id'],
    ['retryDelivery', { id: `dlv_${'0'.repeat(24)}` }, 'NOT_FOUND', 'input.id'],
    ['createApplication', { name: '' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createApplication', { name: '   ' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createApplication', { name: long(129) }, 'INVALID_INPUT', 'input.name', /128.*129/],
    ['createApplication', { name: 'NUL \u0000' }, 'INVALID_INPUT', 'input.name', /control/],
    ['createApplication', { name: 'x', externalId: '' }, 'INVALID_INPUT', 'input.externalId', /1 to 128/],
    ['createApplication', { name: 'x', externalId: 'taken' }, 'NAME_TAKEN', 'input.externalId'],
    ['updateApplication', { id: 'app_none', name: 'x' }, 'NOT_FOUND', 'input.id'],
    ['updateApplication', { id: applicationId, name: '' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['deleteApplication', { id: 'app_none' }, 'NOT_FOUND', 'input.id'],
    ['createApiKey', { name: 'x', role: 'APPLICATION' }, 'INVALID_INPUT', 'input.application', /required/],
    ['createApiKey', { name: 'x', role: 'READER', application: applicationId }, 'INVALID_INPUT', 'input.application'],
    ['createApiKey', { name: 'x', role: 'APPLICATION', application: 'app_none' }, 'NOT_FOUND', 'input.application'],
    ['createApiKey', { name: '', role: 'ADMIN' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createApiKey', { name: long(129), role: 'ADMIN' }, 'INVALID_INPUT', 'input.name', /128/],
    ['revokeApiKey', { id: 'key_none' }, 'NOT_FOUND', 'input.id'],
  ]);
});

/** Every paged field of the query type, and of a record; with what stands around it. */
const pagedFields: readonly (readonly [name: string, document: (args: string) => string])[] = [
  ...['applications', 'apiKeys', 'eventTypes', 'events', 'webhookSubscriptions', 'deliveries'].map(
    (name) => [name, (args: string) => `{ ${name}(${args}) { nodes { id } } }`] as const,
  ),
  ['Event.deliveries', (args) => `{ events(first: 1) { nodes { deliveries(${args}) { nodes { id } } } } }`],
  [
    'WebhookSubscription.deliveries',
    (args) => `{ webhookSubscriptions(first: 1) { nodes { deliveries(${args}) { nodes { id } } } } }`,
  ],
  ['Application.apiKeys', (args) => `{ applications(first: 1) { nodes { apiKeys(${args}) { nodes { id } } } } }`],
];

test('pages are bounded and begin where a cursor of their own list says', async () => {
  const paged = Object.values(schema.getTypeMap())
    .flatMap((type) => ('getFields' in type ? Object.values(type.getFields()) : []))
    .filter(
      (field) =>
        'args' in field && field.args.some(({ name }: { name: string }) => name === 'after') && field.name !== 'events',
    );
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
