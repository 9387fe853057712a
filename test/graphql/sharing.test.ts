// Sharing is safe by construction: the table of shared fields is right, what is not in it is not shared, and a group cannot ask
// who it is executed for beyond what its key says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertInterfaceType,
  assertObjectType,
  type ExecutionResult,
  execute,
  getNamedType,
  isInterfaceType,
  isLeafType,
  parse,
  validate,
} from 'graphql';
import { createEvent } from '../../src/event/event.js';
import { createContext, type Rooms } from '../../src/graphql/context.js';
import { createSchema } from '../../src/graphql/schema.js';
import {
  choosingArguments,
  readSharing,
  sameForEverybody,
  toGroupCaller,
  toGroupKey,
} from '../../src/graphql/sharing.js';
import type { Caller } from '../../src/security/access.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { eventOf } from '../kit/memory-stores.js';

const schema = createSchema();
const one: Caller = { role: 'APPLICATION', applicationId: 'app_1', apiKeyId: 'key_1' };
const two: Caller = { role: 'APPLICATION', applicationId: 'app_2', apiKeyId: 'key_2' };

function keyOf(query: string, caller: Caller = one, variableValues: Record<string, unknown> = {}): string {
  const document = parse(query);
  assert.deepEqual(validate(schema, document), []);
  return toGroupKey({ schema, document, variableValues }, readSharing(schema, document), caller);
}
const isShared = (query: string): boolean => keyOf(query, one) === keyOf(query, two);

test('every field of the table exists and gives the same without knowing who asks', () => {
  const fields = [...sameForEverybody].flatMap((name) => (name.startsWith('Event.') ? [name.slice(6)] : []));
  const document = parse(`subscription { events { ${fields.join(' ')} } }`);
  assert.deepEqual(validate(schema, document), []);
  const sharing = readSharing(schema, document);
  assert.equal(sharing.isForEverybody, true);
  // No rooms but the identity of the log: a shared field looks nothing up.
  const rooms = { logId: '00000000' } as unknown as Rooms;
  const contextValue = createContext(toGroupCaller(sharing, one), rooms);
  const result = execute({ schema, document, rootValue: eventOf(1), contextValue }) as ExecutionResult;
  assert.equal(result.errors, undefined);
});

test('a field that is not in the table makes a group for each viewer, wherever it hides', () => {
  const event = schema.getType('Event');
  const others = Object.values(isInterfaceType(event) ? event.getFields() : {}).filter(
    ({ name }) => !sameForEverybody.has(`Event.${name}`),
  );
  assert.deepEqual(others.map(({ name }) => name).sort(), ['application', 'deliveries']);
  assert.equal(isShared('subscription { events { id data __typename } }'), true);
  for (const query of [
    'subscription { events { id application { id } } }',
    'subscription { events { id deliveries { nodes { id } } } }',
    'subscription { events { ...F } } fragment F on Event { ... on Event { application { id } } }',
    'subscription { events { ... on Node { id ... on Event { deliveries { nodes { status } } } } } }',
    'subscription { events { hidden: application { id } } }',
    'subscription { events { application @include(if: false) { id } } }',
  ])
    assert.equal(isShared(query), false, query);
  assert.equal(isShared('subscription { events { ... on Node { id } } }'), true);
});

test('two keys of one application share, its other roles do not', () => {
  const query = 'subscription { events { application { id } } }';
  assert.equal(keyOf(query, one), keyOf(query, { ...one, apiKeyId: 'key_9' }));
  assert.notEqual(keyOf(query, one), keyOf(query, { role: 'READER', applicationId: null, apiKeyId: null }));
});

test('variables that choose events do not split a group, those that shape a result do', () => {
  const query = `subscription ($types: [String!], $filter: JSON, $after: String, $application: ID, $with: Boolean = true) {
    events(types: $types, filter: $filter, after: $after, application: $application) { id data @include(if: $with) }
  }`;
  const plain = keyOf(query);
  assert.equal(keyOf(query, one, { types: ['a.b'], filter: { data: 1 }, after: 'x', application: 'app_1' }), plain);
  assert.equal(keyOf(query, one, { with: true }), plain, 'a default is a value');
  assert.notEqual(keyOf(query, one, { with: false }), plain);
  const both =
    'subscription ($x: String) { events(after: $x) { id ...F } } fragment F on Event { data @skip(if: true) }';
  assert.equal(keyOf(both, one, { x: '1' }), keyOf(both, one, { x: '2' }));
});

test('the spelling of a document does not split a group, its names do', () => {
  assert.equal(keyOf('subscription{events{id}}'), keyOf('subscription  {\n  # all\n  events { id }\n}'));
  assert.notEqual(keyOf('subscription { events { id } }'), keyOf('subscription { e: events { id } }'));
});

test('every argument that is said to choose exists', () => {
  const { args = [] } = schema.getSubscriptionType()?.getFields()['events'] ?? {};
  assert.deepEqual(args.map(({ name }) => name).sort(), [...(choosingArguments['Subscription.events'] ?? [])].sort());
});

test('a group cannot ask what its key does not say', () => {
  const shared = readSharing(schema, parse('subscription { events { id } }'));
  const own = readSharing(schema, parse('subscription { events { application { id } } }'));
  for (const name of ['role', 'applicationId', 'apiKeyId'] as const)
    assert.throws(() => toGroupCaller(shared, one)[name], { code: 'INTERNAL' });
  assert.deepEqual([toGroupCaller(own, one).role, toGroupCaller(own, one).applicationId], ['APPLICATION', 'app_1']);
  assert.throws(() => toGroupCaller(own, one).apiKeyId, { code: 'INTERNAL' });
});

test('a condition at the top of a subscription is seen', () => {
  const isConditional = (query: string): boolean => readSharing(schema, parse(query)).isConditional;
  assert.equal(isConditional('subscription { events @skip(if: true) { id } }'), true);
  assert.equal(isConditional('subscription { ... @include(if: false) { events { id } } }'), true);
  assert.equal(isConditional('subscription { events { id @skip(if: true) } }'), false);
});

const schemaOfOrder = {
  type: 'object',
  properties: {
    amount: { type: 'number' },
    // Named as fields of ours that depend on who asks.
    application: { type: 'string' },
    deliveries: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' } } } },
  },
};
const orderCreated = eventTypeOf('order.created', schemaOfOrder);

/** The same for a document over typed events. */
function typedKeyOf(query: string, caller: Caller, variableValues: Record<string, unknown> = {}): string {
  const schemas = schemasOf(orderCreated);
  const document = parse(query);
  const typed = schemas.schemaFor(document);
  assert.ok(!(typed instanceof Promise));
  assert.deepEqual(validate(typed, document), [], query);
  const sharing = readSharing(typed, document, schemas.keyOf(typed));
  return toGroupKey({ schema: typed, document, variableValues }, sharing, caller);
}
const isTypedShared = (query: string): boolean => typedKeyOf(query, one) === typedKeyOf(query, two);

test('the payload of a typed event is the same for everybody, whatever its properties are called', () => {
  for (const query of [
    'subscription { orderCreated { id type payload { amount application deliveries { id } } } }',
    'subscription { orderCreated { ...F } } fragment F on OrderCreatedEvent { payload { __typename deliveries { id } } }',
    'subscription { events { id ... on OrderCreatedEvent { payload { application } } } }',
  ])
    assert.equal(isTypedShared(query), true, query);
});

test('a field of a typed event that depends on who asks makes a group for each viewer, wherever it hides', () => {
  for (const query of [
    'subscription { orderCreated { application { id } } }',
    'subscription { orderCreated { payload { application } deliveries { nodes { id } } } }',
    'subscription { orderCreated { hidden: application { id } payload { amount } } }',
    'subscription { orderCreated { ... on Node { ... on Event { deliveries { nodes { id } } } } } }',
    'subscription { orderCreated { ...F } } fragment F on OrderCreatedEvent { application @include(if: false) { id } }',
    'subscription { events { ... on OrderCreatedEvent { payload { amount } application { id } } } }',
    'subscription { events { id ... on Event { ... on OrderCreatedEvent { hidden: application { id } } } } }',
  ])
    assert.equal(isTypedShared(query), false, query);
});

test('every field of a typed event beyond its payload has the row of the same field of any event', () => {
  const schemas = schemasOf(orderCreated);
  const typed = schemas.schemaFor(parse('subscription { orderCreated { id } }'));
  assert.ok(!(typed instanceof Promise));
  const fields = Object.values(assertObjectType(typed.getType('OrderCreatedEvent')).getFields());
  const split = fields.flatMap(({ name, type }) => {
    const named = getNamedType(type);
    const inner = name === 'payload' ? '{ amount }' : isLeafType(named) ? '' : '{ __typename }';
    return isTypedShared(`subscription { orderCreated { ${name} ${inner} } }`) ? [] : [name];
  });
  const generic = assertInterfaceType(schema.getType('Event')).getFields();
  assert.deepEqual(
    split.sort(),
    Object.keys(generic)
      .filter((name) => !sameForEverybody.has(`Event.${name}`))
      .sort(),
  );
});

test('variables that choose typed events do not split a group, those that shape a result do', () => {
  const query = `subscription ($filter: JSON, $after: String, $since: DateTime, $application: ID, $with: Boolean = true) {
    orderCreated(filter: $filter, after: $after, since: $since, application: $application) {
      payload { amount @include(if: $with) }
    }
  }`;
  const plain = typedKeyOf(query, one);
  const chosen = { filter: { 'data.amount': 1 }, after: 'x', since: '2026-01-01T00:00:00Z', application: 'app_1' };
  assert.equal(typedKeyOf(query, two, chosen), plain);
  assert.notEqual(typedKeyOf(query, one, { with: false }), plain);
});

test("a shared typed result cannot ask who it is for, and one of its own shows no other's application", () => {
  const schemas = schemasOf(orderCreated);
  const document = parse('subscription { orderCreated { payload { amount } application { id } } }');
  const typed = schemas.schemaFor(document);
  assert.ok(!(typed instanceof Promise));
  const parts = { ...eventOf(1), type: 'order.created', applicationId: 'app_1', dataJson: '{"amount":1}' };
  const event = createEvent(parts, 1);
  const rooms = { applications: { get: () => assert.fail('it is looked up') } } as unknown as Rooms;
  const run = (caller: Caller): ExecutionResult =>
    execute({
      schema: typed,
      document,
      rootValue: event,
      contextValue: createContext(caller, rooms),
    }) as ExecutionResult;
  const sharing = readSharing(typed, document);
  const shown = { orderCreated: { payload: { amount: 1 }, application: null } };
  assert.deepEqual(JSON.parse(JSON.stringify(run(toGroupCaller(sharing, two)).data)), shown);
  // As if the table called the field shared: it fails, and nothing is told.
  const wrong = run(toGroupCaller({ ...sharing, isForEverybody: true }, two));
  assert.deepEqual(JSON.parse(JSON.stringify(wrong.data)), shown);
  assert.match(wrong.errors?.[0]?.message ?? '', /the table of shared fields is wrong/);
});
