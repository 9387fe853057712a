// What JSON Schemas become in GraphQL, and that data of another form spoils one field and not the whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExecutionResult, execute, type GraphQLSchema, parse, printType, validate } from 'graphql';
import { createEvent } from '../../src/event/event.js';
import { createContext, type Rooms } from '../../src/graphql/context.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { eventOf } from '../kit/memory-stores.js';

const context = createContext({ role: 'ADMIN', applicationId: null, apiKeyId: null }, {} as Rooms);

function schemaOf(json: unknown, name = 'order.created'): GraphQLSchema {
  const schema = schemasOf(eventTypeOf(name, json)).schemaFor(parse('subscription { orderCreated { id } }'));
  assert.ok(!(schema instanceof Promise));
  return schema;
}

/** The SDL of a type without descriptions. */
function sdlOf(json: unknown, name = 'OrderCreatedPayload'): string {
  const type = schemaOf(json).getType(name) ?? assert.fail(`no type ${name}`);
  return printType(type)
    .replaceAll(/ *"""[\s\S]*?"""\n/g, '')
    .replaceAll(/\n\n+/g, '\n');
}

function descriptionOf(json: unknown, field: string): string {
  const type = schemaOf(json).getType('OrderCreatedPayload');
  return (type !== undefined && 'getFields' in type ? type.getFields()[field]?.description : null) ?? assert.fail();
}

function show(json: unknown, data: unknown, selection: string): ExecutionResult {
  const schema = schemaOf(json);
  const document = parse(`subscription { orderCreated { payload ${selection} } }`);
  assert.deepEqual(validate(schema, document), []);
  const rootValue = createEvent({ ...eventOf(1), type: 'order.created', dataJson: JSON.stringify(data) }, 1);
  return JSON.parse(JSON.stringify(execute({ schema, document, rootValue, contextValue: context }))) as ExecutionResult;
}

const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
});

test('scalars, formats, lists and what is required', () => {
  const json = object(
    {
      text: { type: 'string' },
      at: { type: 'string', format: 'date-time' },
      link: { type: 'string', format: 'uri' },
      key: { type: 'string', format: 'uuid' },
      mail: { type: ['string', 'null'], format: 'email' },
      amount: { type: 'number' },
      whole: { type: 'integer' },
      small: { type: 'integer', minimum: 0, maximum: 100 },
      yes: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'string' } },
      maybe: { type: 'array', items: { type: ['integer', 'null'] } },
      anything: {},
      map: { type: 'object', additionalProperties: { type: 'string' } },
    },
    ['text', 'mail', 'tags', 'map'],
  );
  assert.equal(
    sdlOf(json),
    `type OrderCreatedPayload {
  text: String!
  at: DateTime
  link: URI
  key: UUID
  mail: EmailAddress
  amount: Float
  whole: Float
  small: Int
  yes: Boolean
  tags: [String!]!
  maybe: [Float]
  anything: JSON
  map: JSON!
}`,
  );
  assert.match(descriptionOf(json, 'map'), /JSON as it is: it is an object whose properties have no names\./);
  assert.match(descriptionOf(json, 'whole'), /may outgrow `Int`/);
});

test('an event is an Event and a Node, and its payload is not null unless the schema lets it be', () => {
  const schema = schemaOf(object({ a: { type: 'string' } }));
  const event = printType(schema.getType('OrderCreatedEvent') ?? assert.fail());
  assert.match(event, /^type OrderCreatedEvent implements Event & Node \{$/m);
  assert.match(event, /^ {2}payload: OrderCreatedPayload!$/m);
  const field = schema.getSubscriptionType()?.getFields()['orderCreated'] ?? assert.fail();
  assert.equal(String(field.type), 'OrderCreatedEvent!');
  assert.deepEqual(field.args.map(({ name }) => name).sort(), ['after', 'application', 'filter', 'since']);
  assert.match(
    printType(
      schemaOf({ ...object({ a: {} }), type: ['object', 'null'] }).getType('OrderCreatedEvent') ?? assert.fail(),
    ),
    /^ {2}payload: OrderCreatedPayload$/m,
  );
});

test('enums keep their values, and are texts when not all of them are names', () => {
  const json = object({ status: { enum: ['open', 'in_progress', null] }, odd: { type: 'string', enum: ['a b', 'c'] } });
  assert.match(sdlOf(json), /status: OrderCreatedPayload_Status\n {2}odd: String/);
  assert.equal(
    sdlOf(json, 'OrderCreatedPayload_Status'),
    'enum OrderCreatedPayload_Status {\n  open\n  in_progress\n}',
  );
  assert.match(descriptionOf(json, 'odd'), /One of `"a b"`, `"c"`\. No enum/);
});

test('properties that are no GraphQL names are mapped, and collisions of names numbered', () => {
  const json = object({
    '+1': {},
    '-1': {},
    'a-b': {},
    a_b: {},
    'a.b': {},
    __typename: {},
    '2fa': {},
    ключ: {},
    '': {},
  });
  assert.deepEqual(sdlOf(json).match(/\w+(?=: )/g), [
    'plus_1',
    'minus_1',
    'a_b_2',
    'a_b',
    'a_b_3',
    '_typename',
    '_2fa',
    'value',
    'value_2',
  ]);
  assert.match(descriptionOf(json, 'plus_1'), /The property "\+1" of the data\./);
});

test('references, definitions, allOf and recursion', () => {
  const json = {
    ...object({ root: { $ref: '#/$defs/node' }, both: { allOf: [{ $ref: '#/$defs/node' }, { required: ['name'] }] } }),
    $defs: { node: object({ name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } }) },
  };
  assert.match(sdlOf(json), /root: OrderCreatedPayload_Node\n {2}both: OrderCreatedPayload_Both/);
  assert.match(sdlOf(json, 'OrderCreatedPayload_Node'), /name: String\n {2}children: \[OrderCreatedPayload_Node!\]/);
  assert.match(sdlOf(json, 'OrderCreatedPayload_Both'), /name: String!/);
  const endless = {
    ...object({ list: { $ref: '#/$defs/list' } }),
    $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } },
  };
  assert.match(descriptionOf(endless, 'list'), /refers to itself without an object in between/);
});

const circle = object({ kind: { const: 'circle' }, radius: { type: 'number' } }, ['kind']);
const square = object({ kind: { const: 'square' }, side: { type: 'number' } }, ['kind']);

test('alternatives that the data tells apart are a union, others are JSON and say why', () => {
  const json = object({
    shape: { oneOf: [circle, square] },
    owner: {
      anyOf: [
        { ...object({ user: { type: 'string' } }, ['user']), additionalProperties: false },
        { ...object({ team: { type: 'string' } }, ['team']), additionalProperties: false },
        { type: 'null' },
      ],
    },
    unclear: { oneOf: [object({ a: {} }), object({ b: {} })] },
    mixed: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    maybe: { oneOf: [{ type: 'string' }, { type: 'null' }] },
  });
  assert.match(
    sdlOf(json),
    /shape: OrderCreatedPayload_Shape\n {2}owner: OrderCreatedPayload_Owner\n {2}unclear: JSON\n {2}mixed: JSON\n {2}maybe: String/,
  );
  assert.match(descriptionOf(json, 'unclear'), /does not tell apart for sure/);
  assert.match(descriptionOf(json, 'mixed'), /not all objects/);
  const selection = '{ shape { ... on OrderCreatedPayload_Shape_Member_2 { kind side } } owner { __typename } }';
  const { data, errors } = show(json, { shape: { kind: 'square', side: 2 }, owner: { team: 't' } }, selection);
  assert.equal(errors, undefined);
  assert.deepEqual(data?.['orderCreated'], {
    payload: { shape: { kind: 'square', side: 2 }, owner: { __typename: 'OrderCreatedPayload_Owner_Member_2' } },
  });
});

test('data of another form is null with an error in its place', () => {
  const json = object({
    text: { type: 'string' },
    whole: { type: 'integer' },
    status: { enum: ['open'] },
    list: { type: 'array', items: { type: ['integer', 'null'] } },
    inner: object({ a: { type: 'string' } }),
    shape: { oneOf: [circle, square] },
  });
  const data = { text: 1, whole: '7', status: 'closed', list: [1, 'x', null], inner: [], shape: { kind: 'star' } };
  const selection = '{ text whole status list inner { a } shape { __typename } }';
  const result = show(json, data, selection);
  const payload = { text: null, whole: null, status: null, list: [1, null, null], inner: null, shape: null };
  assert.deepEqual(result.data?.['orderCreated'], { payload });
  assert.deepEqual(
    result.errors?.map(({ path }) => path?.slice(2).join('.')),
    ['text', 'whole', 'status', 'list.1', 'inner', 'shape'],
  );
});

test('numbers keep all the digits that JSON has', () => {
  const data = { whole: 9007199254740992, big: 1e300, small: -3 };
  const json = object({ whole: { type: 'integer' }, big: { type: 'integer' }, small: { type: 'integer' } });
  assert.deepEqual(show(json, data, '{ whole big small }').data?.['orderCreated'], { payload: data });
});

test('properties that every object inherits are those of the data alone', () => {
  const json = object({ constructor: { type: 'string' }, toString: {} });
  assert.deepEqual(show(json, {}, '{ constructor toString }').data?.['orderCreated'], {
    payload: { constructor: null, toString: null },
  });
});
