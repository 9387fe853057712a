// Compiled documents against executing: the same bytes, or nothing. All of GitHub's examples are compared in test/typed-event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ExecutionResult, execute, parse, validate } from 'graphql';
import { compileDocument } from '../../src/graphql/compiled-document.js';
import { createContext, type Rooms } from '../../src/graphql/context.js';
import { createRun } from '../../src/graphql/execute-shared.js';
import { readSharing } from '../../src/graphql/sharing.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { eventOf } from '../kit/memory-stores.js';

const orders = eventTypeOf('order.created', {
  type: 'object',
  required: ['id', 'lines'],
  properties: {
    id: { type: 'string' },
    amount: { type: 'number' },
    count: { type: 'integer' },
    paid: { type: 'boolean' },
    state: { enum: ['new', 'sent'] },
    at: { type: 'string', format: 'date-time' },
    lines: {
      type: 'array',
      items: { type: 'object', properties: { sku: { type: 'string' }, 'a b': { type: 'integer' } } },
    },
    anything: true,
    parent: { $ref: '#' },
    thing: {
      oneOf: [
        { type: 'object', required: ['kind'], properties: { kind: { const: 'a' }, x: { type: 'string' } } },
        { type: 'object', required: ['kind'], properties: { kind: { const: 'b' }, y: { type: 'integer' } } },
      ],
    },
  },
});
const schemas = schemasOf(orders);
const context = () => createContext({ role: 'ADMIN', applicationId: null, apiKeyId: null }, {} as Rooms);

function compare(query: string, data: unknown, variableValues: Record<string, unknown> = {}) {
  const document = parse(query);
  const schema = schemas.schemaFor(document);
  assert.ok(!(schema instanceof Promise));
  assert.deepEqual(validate(schema, document), []);
  const event = eventOf(1, { dataJson: JSON.stringify(data) });
  const args = { schema, document, variableValues };
  const { data: result, errors } = execute({ ...args, rootValue: event, contextValue: context() }) as ExecutionResult;
  const write = compileDocument(args);
  return {
    isCompiled: write !== null,
    written: write?.(event, context()) ?? null,
    executed: errors === undefined ? JSON.stringify(result) : null,
  };
}

const order = {
  id: 'ö "1"',
  amount: 1.5,
  count: 3,
  paid: true,
  state: 'new',
  at: '2026-01-02T03:04:05Z',
  lines: [{ sku: 'a', 'a b': 1 }, {}, { sku: null }],
  anything: { deep: [1, null, { a: '\u2028' }] },
  parent: { id: 'p', lines: [], parent: null },
  thing: { kind: 'b', y: 2 },
};

const documents = [
  'subscription { orderCreated { __typename id type time source subject sequence payload { id amount } } }',
  'subscription { o: orderCreated { payload { b: id a: id anything at state count paid lines { __typename sku a_b } } } }',
  'subscription { orderCreated { payload { parent { id lines { sku } parent { id } } lines { sku } lines { a_b sku } } } }',
  `subscription { orderCreated { ...E ... on Event { id } } }
   fragment E on OrderCreatedEvent { payload { ...P ...P thing { __typename ... on Node { id } } } }
   fragment P on OrderCreatedPayload { id ... on OrderCreatedPayload { amount id } }`.replace(
    ' ... on Node { id }',
    '',
  ),
  'subscription ($f: JSON) { orderCreated(filter: $f) { payload { id } } }',
] as const;

for (const [index, query] of documents.entries()) {
  test(`document ${index + 1} is compiled and writes what executing it gives`, () => {
    const { isCompiled, written, executed } = compare(query, order);
    assert.ok(isCompiled);
    assert.notEqual(written, null);
    assert.equal(written, executed);
  });
}

test('what it does not know is not compiled: directives, arguments below the top, other fields', () => {
  for (const query of [
    'subscription ($a: Boolean!) { orderCreated { id @include(if: $a) } }',
    'subscription { orderCreated { id ... @skip(if: false) { type } } }',
    'subscription { orderCreated { deliveries(first: 1) { nodes { id } } } }',
    'subscription { events { id } }',
  ])
    assert.equal(compare(query, order, { a: true }).isCompiled, false, query);
});

test('variables that do not fit are left to executing', () => {
  const query = 'subscription ($f: JSON!) { orderCreated(filter: $f) { id } }';
  assert.equal(compare(query, order, {}).isCompiled, false);
  assert.equal(compare(query, order, { f: {} }).isCompiled, true);
});

test('data that does not fit its schema gives nothing where executing gives an error', () => {
  for (const data of [
    { ...order, id: null },
    { ...order, id: 7 },
    { ...order, count: 1.5 },
    { ...order, state: 'other' },
    { ...order, lines: 'none' },
    { ...order, lines: [7] },
    { ...order, thing: { kind: 'c' } },
    [],
    'text',
  ]) {
    const { written, executed } = compare(
      'subscription { orderCreated { payload { id count state lines { sku } thing { __typename } } } }',
      data,
    );
    assert.equal(written, executed, JSON.stringify(data));
  }
});

test('any data: the same bytes, or nothing where there are errors', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(order)));
  const record = fc.record(Object.fromEntries(Object.keys(order).map((key) => [key, value])), { requiredKeys: [] });
  let written = 0;
  fc.assert(
    fc.property(fc.oneof(record, fc.constant(order), fc.jsonValue()), fc.constantFrom(...documents), (data, query) => {
      const compared = compare(query, data);
      assert.equal(compared.written, compared.executed);
      if (compared.written !== null) written += 1;
    }),
    { numRuns: 400 },
  );
  assert.ok(written > 50, `${written} were written`);
});

test('a document that looks something up is executed alone: each look-up is made once for an event', async () => {
  const document = parse('subscription { orderCreated { id application { id } } }');
  const schema = schemas.schemaFor(document);
  assert.ok(!(schema instanceof Promise));
  let lookUps = 0;
  const get = async (): Promise<null> => {
    lookUps += 1;
    return null;
  };
  const run = createRun({
    args: { schema, document },
    sharing: readSharing(schema, document),
    caller: { role: 'ADMIN', applicationId: null, apiKeyId: null },
    rooms: { applications: { get } } as unknown as Rooms,
    show: () => assert.fail(),
  });
  const { dataJson } = await run(eventOf(1, { type: 'order.created', applicationId: 'app_1' }));
  assert.deepEqual(JSON.parse(dataJson), { orderCreated: { id: 'e1', application: null } });
  assert.equal(lookUps, 1);
});
