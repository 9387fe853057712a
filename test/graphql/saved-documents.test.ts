// Saved documents at the level of what executes them: random schemas, documents and events give a webhook the bytes that a live
// client gets, and any number of webhook subscriptions with one document cost one execution an event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { getNamedType, isObjectType, parse } from 'graphql';
import { createEvent } from '../../src/event/event.js';
import { createContext, type Rooms } from '../../src/graphql/context.js';
import { createLiveOperations } from '../../src/graphql/live-operations.js';
import { createSavedDocuments, type SavedDocuments } from '../../src/graphql/saved-documents.js';
import { createSharedResults, type SharedResults } from '../../src/graphql/shared-results.js';
import type { TypedSchemas } from '../../src/graphql/typed-schemas.js';
import type { Shape } from '../../src/live/group.js';
import type { Hub } from '../../src/live/hub.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { newEventOf } from '../kit/memory-stores.js';
import { selectAll } from '../kit/select-all.js';

const selections = { select: () => ({ wants: () => true }) };
const positions = { end: () => 0 };
const rooms = { logId: '00000000', selections, positions } as unknown as Rooms;
const show = (error: unknown) => ({ message: String(error) });

interface Stage {
  readonly saved: SavedDocuments;
  readonly results: SharedResults;
  /** What the hub would render for a live client with this document. */
  shapeOf(query: string): Promise<Shape>;
}

function setUp(schemas: TypedSchemas): Stage {
  const results = createSharedResults();
  const saved = createSavedDocuments({ schemas, results, rooms: () => rooms, show, versionOf: async () => null });
  let shape: Shape | null = null;
  const hub = {
    follow(options: { shape: Shape }) {
      shape = options.shape;
      return () => undefined;
    },
  } as unknown as Hub;
  const live = createLiveOperations({ hub, show, results, typesOf: (schema) => schemas.keyOf(schema) });
  return {
    saved,
    results,
    async shapeOf(query) {
      const document = parse(query);
      const schema = await schemas.schemaFor(document);
      const contextValue = createContext({ role: 'READER', applicationId: null, apiKeyId: null }, rooms);
      const target = { id: '1', sink: { offer: () => 0, whenDrained: () => undefined, closeSlow: () => undefined } };
      const stream = await live.begin({ schema, document, contextValue }, target);
      assert.ok(Symbol.asyncIterator in stream);
      void stream.next();
      await stream.return(undefined);
      return shape ?? assert.fail();
    },
  };
}

const ownerOf = (query: string, application: string | null = null) => ({
  document: { query, variables: null },
  eventTypes: ['order.created'],
  eventTypeVersion: null,
  application,
});

const leaf = fc.constantFrom(
  { json: { type: 'string' }, value: fc.string() as fc.Arbitrary<unknown> },
  { json: { type: 'number' }, value: fc.double({ noNaN: true, noDefaultInfinity: true }) as fc.Arbitrary<unknown> },
  { json: { type: 'boolean' }, value: fc.boolean() as fc.Arbitrary<unknown> },
  { json: {}, value: fc.jsonValue() as fc.Arbitrary<unknown> },
  { json: { enum: ['a', 'b', null] }, value: fc.constantFrom('a', 'b', null) as fc.Arbitrary<unknown> },
);
type Form = { json: unknown; value: fc.Arbitrary<unknown> };
const form: fc.Arbitrary<Form> = fc.letrec<{ form: Form }>((tie) => ({
  form: fc.oneof(
    { maxDepth: 3 },
    leaf as fc.Arbitrary<Form>,
    tie('form').map(({ json, value }) => ({
      json: { type: 'array', items: json },
      value: fc.array(value, { maxLength: 3 }),
    })),
    objectOf(tie('form')),
  ),
})).form;

function objectOf(inner: fc.Arbitrary<Form>): fc.Arbitrary<Form> {
  const names = fc.stringMatching(/^[a-z][a-zA-Z0-9_+ .-]{0,6}$/);
  return fc.dictionary(names, inner, { minKeys: 1, maxKeys: 4, noNullPrototype: true }).map((properties) => ({
    json: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one.json])),
    },
    value: fc.record(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one.value]))),
  }));
}

test('a webhook gets the bytes that a live client gets, whatever the schema, the document and the event', async () => {
  const cases = objectOf(form).chain(({ json, value }) => fc.tuple(fc.constant(json), value, fc.jsonValue()));
  await fc.assert(
    fc.asyncProperty(cases, async ([json, fitting, other]) => {
      const schemas = schemasOf(eventTypeOf('order.created', json));
      const small = await schemas.schemaFor(parse('subscription { orderCreated { id } }'));
      const payload = getNamedType(small.getType('OrderCreatedPayload'));
      assert.ok(isObjectType(payload));
      const query = `subscription { orderCreated { id time payload ${selectAll(payload, 5)} data } }`;
      for (const [sequence, data] of [fitting, other].entries()) {
        const event = createEvent(newEventOf('e1', { dataJson: JSON.stringify(data) }), sequence + 1);
        const [one, two] = [setUp(schemas), setUp(schemas)];
        const live = JSON.parse(await (await one.shapeOf(query)).render(event)) as {
          errors?: unknown;
          data: unknown;
        };
        const text = await (await two.shapeOf(query)).render(event);
        if (live.errors === undefined) assert.equal(text, `{"data":${await two.saved.dataOf(event, ownerOf(query))}}`);
        else assert.throws(() => two.saved.dataOf(event, ownerOf(query)), { code: 'DATA_INVALID' });
        if (sequence === 0) assert.equal(live.errors, undefined);
      }
    }),
    { numRuns: 60 },
  );
});

const amount = { type: 'object', properties: { amount: { type: 'number' } } };
const eventAt = (sequence: number) => createEvent(newEventOf(`e${sequence}`), sequence);

test('10,000 webhook subscriptions of 10 documents cost 10 executions an event, live clients with the same included', async () => {
  const stage = setUp(schemasOf(eventTypeOf('order.created', amount)));
  const { saved, results } = stage;
  const queries = Array.from(
    { length: 10 },
    (_, n) => `subscription { orderCreated { a${n}: id payload { amount } } }`,
  );
  for (const sequence of [1, 2]) {
    for (let n = 0; n < 10_000; n += 1)
      void saved.dataOf(eventAt(sequence), ownerOf(queries[n % 10] ?? '', n % 2 === 0 ? 'app_1' : `app_${n}`));
    assert.equal(results.executions, sequence * 10);
  }
  const shape = await stage.shapeOf(queries[0] ?? '');
  void shape.render(eventAt(2));
  assert.equal(results.executions, 20);
  void shape.render(eventAt(3));
  void saved.dataOf(eventAt(3), ownerOf(queries[0] ?? ''));
  assert.equal(results.executions, 21);
});

test('a document names an event type by its field or by a type, and by nothing that is only called so', () => {
  const schemas = schemasOf(
    eventTypeOf('order.created', amount),
    eventTypeOf('order', amount),
    eventTypeOf('events', null),
    eventTypeOf('plain', null),
  );
  const { saved } = setUp(schemas);
  const naming: readonly string[] = [
    'subscription { orderCreated { id } }',
    'subscription { ... on Subscription { orderCreated { id } } }',
    'subscription { events(types: ["*"]) { id ... on OrderCreatedEvent { payload { amount } } } }',
    'subscription { events { ...F } } fragment F on Event { ... on OrderCreatedEvent { id } }',
    'subscription { events { ...F } } fragment F on OrderCreatedEvent { payload { ... on OrderCreatedPayload { amount } } }',
  ];
  for (const query of naming) {
    assert.equal(saved.names(query, 'order.created'), true, query);
    assert.equal(saved.names(query, 'order'), false, query);
    assert.equal(saved.names(query, 'events'), false, query);
  }
  for (const query of [
    'subscription { events { id data } }',
    'subscription { events(types: ["plain"]) { orderCreated: id plain: data } }',
    '# orderCreated\nsubscription { events { id } }',
    'OrderCreatedEvent {',
  ])
    for (const name of ['order.created', 'order', 'plain']) assert.equal(saved.names(query, name), false, query);
});

test('what depends on who asks is executed for each application', () => {
  const { saved, results } = setUp(schemasOf(eventTypeOf('order.created', amount)));
  const query = 'subscription { orderCreated { id application { id } } }';
  for (const application of ['app_1', 'app_2', 'app_1']) void saved.dataOf(eventAt(1), ownerOf(query, application));
  assert.equal(results.executions, 2);
});

test('results are kept within a bound', () => {
  const results = createSharedResults();
  const large = { dataJson: 'x'.repeat(1_000_000), errors: null };
  for (let sequence = 1; sequence <= 40; sequence += 1) void results.get('g', eventAt(sequence), () => large);
  void results.get('g', eventAt(40), () => large);
  assert.equal(results.executions, 40);
  void results.get('g', eventAt(1), () => large);
  assert.equal(results.executions, 41);
});
