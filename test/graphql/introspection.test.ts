// Introspection in slices gives, to the byte, what executing it at once gives, and leaves the event loop to others in between.
import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { execute, getIntrospectionQuery, parse, validate } from 'graphql';
import { createIntrospection } from '../../src/graphql/introspection.js';
import { createSchema } from '../../src/graphql/schema.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { cutOutEventSchemas } from '../kit/github-webhooks.js';

const some = cutOutEventSchemas().slice(0, 40);
const large = await schemasOf(...some.map(({ name, schema }) => eventTypeOf(name, schema))).whole();
/** Each look at the time finds a slice over. */
const createHastyClock = () => {
  let nowMs = 0;
  return {
    monotonicMs() {
      nowMs += 100;
      return nowMs;
    },
  };
};
const argsOf = (query: string, schema = large) => {
  const document = parse(query);
  assert.deepEqual(validate(schema, document), []);
  return { schema, document };
};

const readAll = async (body: Readable | null): Promise<string> => text(body ?? assert.fail());

const inSlices = [
  getIntrospectionQuery(),
  getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    inputValueDeprecation: true,
    oneOf: true,
  }),
  '{ __schema { types { name } } }',
  'query Q { all: __schema { queryType { name } kinds: types { kind name } types: directives { name } __typename } }',
  '{ __schema { types { ...T } } } fragment T on __Type { name possibleTypes { name fields { name } } interfaces { name } }',
];
for (const [index, query] of inSlices.entries()) {
  test(`the result in slices is the same as at once: form ${index + 1}`, async () => {
    const args = argsOf(query);
    const body = await readAll(createIntrospection(createHastyClock())(args));
    assert.ok(body === JSON.stringify(execute(args)), body.slice(0, 200));
  });
}

test('other forms, and small schemas, are executed like any document', () => {
  const introspect = createIntrospection(createHastyClock());
  for (const query of [
    '{ __type(name: "Event") { name } }',
    '{ __schema { queryType { name } } }',
    '{ __typename __schema { types { name } } }',
    '{ a: __schema { types { name } } b: __schema { types { kind } } }',
    '{ __schema { types { name } ... on __Schema { types { kind } } } }',
    '{ __schema { types @skip(if: true) { name } } }',
    '{ __schema @include(if: true) { types { name } } }',
    '{ ...Q } fragment Q on Query { __schema { types { name } } }',
    'query ($d: Boolean!) { __schema { types { fields(includeDeprecated: $d) { name } } } }',
    'query A { __schema { types { name } } } query B { __typename }',
    'subscription { events { id } }',
  ])
    assert.equal(introspect(argsOf(query)), null, query);
  assert.equal(introspect(argsOf(getIntrospectionQuery(), createSchema())), null);
});

test('others get their turn while it runs, and those that run together share one part of it', async () => {
  const introspect = createIntrospection(createHastyClock());
  const args = argsOf('{ __schema { types { name } } }');
  const looks = Math.ceil(Object.keys(large.getTypeMap()).length / 10);
  let turns = 0;
  let isRunning = true;
  const count = (): void => {
    turns += 1;
    if (isRunning) setImmediate(count);
  };
  setImmediate(count);
  const bodies = await Promise.all([readAll(introspect(args)), readAll(introspect(args))]);
  isRunning = false;
  assert.equal(bodies[0], bodies[1]);
  // A slice begins at the first look of a turn, and the next finds it over.
  assert.ok(turns >= looks / 2, `${turns} turns of the event loop for ${looks} looks at the time`);
});
